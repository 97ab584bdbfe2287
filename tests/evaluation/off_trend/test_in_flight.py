"""Where a run in progress ends: its own line, continued, with an interval that widens ahead."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.evaluation.off_trend.in_flight import HOLDS, InFlight, forecast_final
from scalepredict.evaluation.off_trend.ladders.against_ladder import fitted_ladder
from scalepredict.evaluation.off_trend.walk_runs import gather
from scalepredict.predictors.direct.trend import Trend
from tests.evaluation.off_trend.rules.made_runs import GATE, TOKENS, runs


def ahead(seed: int, final_tokens: float) -> tuple[InFlight, np.ndarray]:
    """The forecast without a ladder, and the truth that the run was made from."""
    table = runs(seed, 1e9)
    evidence = gather(table, GATE)
    found = forecast_final(
        evidence, evidence.runs[0], final_tokens=final_tokens, ladder=None, gate=GATE
    )
    rng = np.random.default_rng(seed)
    start, slope = rng.uniform(0.35, 0.45, 6), rng.uniform(0.02, 0.06, 6)
    return found, start + slope * np.log(final_tokens / TOKENS[0])


def test_a_line_in_ln_tokens_is_continued_to_its_end() -> None:
    """240 finals at twice the tokens; an 80 % interval holds fewer than 170 once in 10^4."""
    held, errors = 0, []
    for seed in range(40):
        found, truth = ahead(seed, 480e9)
        low, high = found.interval(0.8)
        held += int(((low <= truth) & (truth <= high)).sum())
        errors += list(found.together - truth)
    assert held >= 170
    # The slope is shrunk, so that on average less than the whole gain of 0.04 ln 2 is promised.
    assert -0.5 * 0.04 * np.log(2) < np.mean(errors) < 0.003
    assert np.sqrt(np.mean(np.square(errors))) < 0.02


def test_without_a_ladder_the_run_speaks_alone_and_nothing_is_promised() -> None:
    found, _ = ahead(0, 480e9)
    np.testing.assert_allclose(found.together, found.trajectory, rtol=1e-12)
    np.testing.assert_array_equal(found.now, runs(0, 1e9).scores[-1])
    assert np.isnan(found.ladder).all()
    assert np.isnan(found.original(0.9)).all()
    assert [found.holds(t) for t in range(6)] == [None] * 6
    assert (found.checkpoint.tokens, found.final_tokens) == (TOKENS[-1], 480e9)


def test_what_lies_further_ahead_is_less_certain() -> None:
    (near, _), (far, _) = ahead(0, 300e9), ahead(0, 960e9)
    assert (far.sd > near.sd).all()
    low, high = near.interval(0.8)
    np.testing.assert_allclose(high - low, 2 * 1.2815515655446004 * near.sd)


def test_the_original_forecast_holds_while_it_is_likelier_than_not() -> None:
    found, _ = ahead(0, 300e9)
    inside = np.array([HOLDS, HOLDS - 1e-9, 0.9, np.nan, 0.0, 1.0])
    judged = replace(found, inside=inside)
    assert [judged.holds(t) for t in range(6)] == [True, False, True, None, False, True]
    assert found.interval(0.8)[0] == pytest.approx(
        np.clip(found.together - 1.2815515655446004 * found.sd, 0, 1)
    )


def test_the_run_and_the_ladder_are_weighted_by_what_each_knows() -> None:
    table = runs(0, *(1e9 * 2.0**i for i in range(5)), gain=0.05)
    finished = np.arange(len(TOKENS) - 1, 4 * len(TOKENS), len(TOKENS))  # of the four smaller
    ladder = fitted_ladder(table.take_rows(finished), Trend(), load_calibration())
    assert ladder is not None
    evidence = gather(table, GATE)
    run = replace(evidence.runs[4], rows=evidence.runs[4].rows[:8])
    run = replace(run, log_tokens=run.log_tokens[:8])
    alone, both = (
        forecast_final(evidence, run, final_tokens=TOKENS[-1], ladder=each, gate=GATE)
        for each in (None, ladder)
    )
    assert both.promised is not None
    assert both.promised.scale is not None
    assert alone.checkpoint.params == 16e9
    promised = ladder.forecast("f", 16e9, TOKENS[-1])
    np.testing.assert_allclose(both.ladder, promised.point[0])
    np.testing.assert_allclose(both.original(0.8), [end[0] for end in promised.interval(0.8)])
    low, high = both.original(0.9)
    normal = stats.norm(both.together, both.sd)
    np.testing.assert_allclose(both.inside, normal.cdf(high) - normal.cdf(low), atol=1e-12)
    assert np.isnan(alone.inside).all()
    # w = s_run^-2 / (s_run^-2 + s_ladder^-2): the share of the run in the mean of both.
    share = (both.together - both.ladder) / (alone.trajectory - both.ladder)
    odds = share / (1 - share)
    own = both.promised.scale[0] ** 2 / odds
    assert ((share > 0) & (share < 1)).all()
    assert (both.sd < alone.sd).all()
    drop = alone.sd**2 - both.sd**2
    np.testing.assert_allclose(
        drop,
        own - own * both.promised.scale[0] ** 2 / (own + both.promised.scale[0] ** 2),
        rtol=1e-6,
    )
