from dataclasses import replace

import numpy as np
import pytest

from scalepredict.errors import RefusedError
from scalepredict.predictors.interface import Targets
from scalepredict.predictors.loss.losses import Losses, LossesLaw
from scalepredict.predictors.store.json_codec import decode, encode
from scalepredict.records.asymptote import parse_asymptotes, with_asymptotes
from scalepredict.records.metrics import shipped_metrics
from scalepredict.records.table import Checkpoint, EvalTable, Floats, Unit, make_table


def runs(params: Floats, tokens: Floats, losses: Floats, unique: float | None = None) -> EvalTable:
    rows = [
        Checkpoint(
            model=f"m{i}", family="mix", params=n, tokens=d, flops=6 * n * d, unique_tokens=unique
        )
        for i, (n, d) in enumerate(zip(params.tolist(), tokens.tolist(), strict=True))
    ]
    measure = shipped_metrics().find("loss")
    units = [
        Unit(benchmark=f"set{t}", metric="loss", measure=measure) for t in range(losses.shape[1])
    ]
    return make_table(rows, units, losses)


def truth(params: Floats, tokens: Floats) -> Floats:
    loss: Floats = 1.7 + 400 * params**-0.34 + 410 * tokens**-0.28
    return loss


def ladder(n: int = 6) -> EvalTable:
    params = 10.0 ** np.linspace(7.5, 9, n)
    loss = truth(params, 20 * params)
    return runs(params, 20 * params, np.stack([loss, 0.5 * loss], axis=1))


def target(params: float, ratio: float = 20.0) -> Targets:
    n = np.array([params])
    return Targets(
        family=("mix",), params=n, tokens=ratio * n, flops=6 * ratio * n**2, assumption=("",)
    )


def test_a_ladder_is_continued_on_its_own_track() -> None:
    forecast = Losses().fit(ladder()).forecast(target(5e9))
    expected = truth(np.array([5e9]), np.array([1e11]))[0]
    assert forecast.point[0] == pytest.approx([expected, 0.5 * expected], rel=0.015)


def test_points_and_quantiles_scale_with_the_unit() -> None:
    quantiles = Losses().fit(ladder()).forecast(target(5e9)).quantiles
    assert quantiles is not None
    np.testing.assert_allclose(quantiles[0, 1], 0.5 * quantiles[0, 0], rtol=1e-9)
    assert (np.diff(quantiles) > 0).all()


def test_off_the_track_the_law_of_sizes_answers() -> None:
    n, d = (grid.ravel() for grid in np.meshgrid(10.0 ** np.arange(7, 9.1, 0.5), [2e9, 1e10, 5e10]))
    law = Losses().fit(runs(n, d, truth(n, d)[:, None]))
    expected = truth(np.array([1e9]), np.array([2e12]))[0]
    forecast = law.forecast(target(1e9, ratio=2000))
    assert forecast.point[0, 0] == pytest.approx(expected, rel=0.02)
    assert law.shares.elsewhere[len(law.fronts) :].sum() > 0.5


def test_runs_far_above_the_front_do_not_move_the_forecast_of_an_efficient_run() -> None:
    n, d = (grid.ravel() for grid in np.meshgrid(10.0 ** np.arange(7.5, 9.1, 0.5), [6e8, 2e10]))
    plain = ladder(8)
    clean = np.concatenate([plain.params, n]), np.concatenate([plain.tokens, d])
    loss = truth(*clean)[:, None]
    spoilt = loss.copy()
    spoilt[8:] *= 1.06  # their learning rate was wrong, say
    points = [
        Losses().fit(runs(*clean, y)).forecast(target(5e9)).point[0, 0] for y in (loss, spoilt)
    ]
    assert points[1] == pytest.approx(points[0], rel=0.005)


def test_sizes_that_all_saw_the_same_tokens_fall_to_more_than_the_entropy_of_text() -> None:
    params, seen = 10.0 ** np.linspace(7.5, 9, 5), 3e11
    loss = truth(params, np.full(5, seen))[:, None]
    law = Losses().fit(runs(params, np.full(5, seen), loss))
    point = law.forecast(target(3e9, ratio=seen / 3e9)).point[0, 0]
    expected = truth(np.array([3e9]), np.array([seen]))[0]
    assert point == pytest.approx(expected, rel=0.017)


def test_a_given_asymptote_narrows_the_interval_and_the_share_of_it_is_told() -> None:
    def width(*texts: str) -> tuple[float, float]:
        known = with_asymptotes(ladder(4), parse_asymptotes(texts))
        forecast = Losses().fit(known).forecast(target(2e10))
        assert forecast.quantiles is not None
        assert forecast.share_of_asymptote is not None
        q = forecast.quantiles[0, 0]
        return q[9] - q[3], forecast.share_of_asymptote[0, 0]

    wide, of_wide = width()
    narrow, of_narrow = width("set0=1.69..1.71")
    assert narrow < 0.6 * wide
    assert of_wide > 0.5
    assert of_narrow < 0.2


def test_an_asymptote_above_a_loss_is_refused() -> None:
    with pytest.raises(RefusedError, match=r"asymptote 3.5 of set0 is not below its least value"):
        Losses().fit(with_asymptotes(ladder(), parse_asymptotes(["set0=3.5"])))


def test_two_rungs_give_the_last_value_with_a_wide_band() -> None:
    few = ladder(2)
    law = Losses().fit(few)
    forecast = law.forecast(target(5e9))
    assert forecast.quantiles is not None
    assert forecast.point[0, 0] == pytest.approx(few.scores[-1, 0])
    truly = truth(np.array([5e9]), np.array([1e11]))[0]
    assert forecast.quantiles[0, 0, 3] < truly < forecast.quantiles[0, 0, 9]
    assert "no law" in str(law.notes()[0])


def test_runs_of_many_epochs_are_set_aside_and_counted() -> None:
    plain = ladder()
    burnt = plain.checkpoints[-1]
    burnt = replace(burnt, model="burnt", unique_tokens=(burnt.tokens or 0) / 50)
    both = make_table(
        (*plain.checkpoints, burnt), plain.units, np.vstack([plain.scores, [[9.0, 9.0]]])
    )
    law = Losses().fit(both)
    assert "1 run of more than 4 epochs" in str(law.notes()[0])
    np.testing.assert_array_equal(
        law.forecast(target(5e9)).point, Losses().fit(plain).forecast(target(5e9)).point
    )


def test_a_stored_law_forecasts_the_same_to_the_bit() -> None:
    law = Losses().fit(ladder())
    stored = decode(encode(law, LossesLaw), LossesLaw, where="law")
    np.testing.assert_array_equal(
        stored.forecast(target(5e9)).quantiles, law.forecast(target(5e9)).quantiles
    )


def test_values_at_the_bound_of_a_metric_are_set_aside_and_forecasts_stay_finite() -> None:
    """An error rate of exactly 0 has no logarithm; the fit says so, and forecasts all its runs."""
    table = ladder()
    scores = table.scores.copy()
    scores[-1, 1] = 0.0
    law = Losses().fit(table.with_scores(scores))
    assert any("1 value at the bound" in str(note) for note in law.notes())
    with np.errstate(all="raise"):
        quantiles = law.forecast(Targets.of_table(table)).quantiles
    assert quantiles is not None
    assert np.isfinite(quantiles).all()


def test_what_continues_the_rungs_lies_no_higher_than_the_last_value_with_its_band() -> None:
    """Rungs that fall by half each leave a law nearly free; none of it is above what was seen."""
    params = 10.0 ** np.linspace(7.8, 9.4, 5)
    losses = np.array([0.642, 0.470, 0.336, 0.223, 0.113])[:, None]
    law = Losses().fit(runs(params, 20 * params, losses))
    quantiles = law.forecast(target(1.3e10)).quantiles
    assert quantiles is not None
    assert quantiles[0, 0, -1] < 0.113 * 2
    assert (np.diff(quantiles[0, 0]) >= 0).all()
