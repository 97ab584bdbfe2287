"""What runs of one size tell: by how much single models lie above the best of their size."""

import numpy as np
import pytest

from scalepredict.predictors.loss.losses import Losses
from scalepredict.predictors.loss.members import Sizes
from scalepredict.predictors.loss.twins import FEWEST, above_twins
from scalepredict.records.metrics import shipped_metrics
from scalepredict.records.table import Checkpoint, Floats, Unit, make_table

PARAMS = np.repeat(10.0 ** np.linspace(7.5, 9, 5), 2) * np.tile([1.0, 1.05], 5)
LOSS = 1.7 + 40 * PARAMS**-0.2
SHALLOW = np.tile([1.0, 1.02], 5)  # every second model is wide and shallow


def sizes(params: Floats) -> Sizes:
    flops = 120 * params**2
    logs = (np.log(values) for values in (params, 20 * params, flops))
    n, d, c = logs
    return Sizes(params=n, tokens=d, flops=c, dense=n)


def notes(losses: Floats) -> str:
    rows = [
        Checkpoint(model=f"m{i}", family="f", params=n, tokens=20 * n, flops=120 * n * n)
        for i, n in enumerate(PARAMS.tolist())
    ]
    unit = Unit(benchmark="c4", metric="loss", measure=shipped_metrics().find("loss"))
    law = Losses().fit(make_table(rows, [unit], losses[:, None]))
    return " ".join(map(str, law.notes()))


def test_a_spread_of_twins_is_found_series_by_series() -> None:
    level = np.repeat(LOSS[::2], 2)
    found = above_twins(sizes(PARAMS), np.stack([level * SHALLOW, level]))
    # Of each pair one lies log 1.02 above the other.
    assert found == pytest.approx([np.log(1.02) / np.sqrt(2), 0.0], abs=1e-12)


def test_a_ladder_of_one_run_for_each_size_has_no_twins() -> None:
    alone = PARAMS[::2]
    np.testing.assert_array_equal(above_twins(sizes(alone), LOSS[None, ::2]), [0.0])


def test_too_few_twins_or_losses_tell_nothing() -> None:
    losses = (LOSS * SHALLOW)[None].copy()
    losses[0, FEWEST - 2 :] = np.nan
    np.testing.assert_array_equal(above_twins(sizes(PARAMS), losses), [0.0])


def test_a_fit_says_by_how_much_models_of_one_size_differ() -> None:
    said = "runs of the same params and tokens lie 1."
    assert said in notes(np.repeat(LOSS[::2], 2) * SHALLOW)
    assert "same params and tokens" not in notes(np.repeat(LOSS[::2], 2))
