"""What noise alone leaves: the bends between neighbouring checkpoints of a run."""

import numpy as np
import pytest

from scalepredict.evaluation.backtest.floor import checkpoint_noise
from scalepredict.records.table import Checkpoint, EvalTable, Floats, Unit, make_table


def run(scores: Floats) -> EvalTable:
    """Checkpoints of one model at equal steps. Shape (K, T)."""
    rows = [
        Checkpoint(model="m", family="f", params=1e9, tokens=1e9 * (k + 1), flops=6e18 * (k + 1))
        for k in range(len(scores))
    ]
    return make_table(rows, [Unit(benchmark=f"b{t}") for t in range(scores.shape[1])], scores)


def test_the_noise_of_a_checkpoint_is_that_of_its_second_differences() -> None:
    """Independent noise of sd 0.01 has bends of variance 6 sd^2; its mean size is 0.8 sd."""
    rng = np.random.default_rng(0)
    line = 0.3 + 0.01 * np.arange(400)[:, None] * np.ones(1) / 4
    noise = checkpoint_noise(run((line + 0.01 * rng.normal(size=(400, 1)))[-12:]))
    assert noise["f", "b0"] == pytest.approx(0.01 * np.sqrt(2 / np.pi), rel=0.6)
    assert checkpoint_noise(run(line[:12]))["f", "b0"] == pytest.approx(0.0, abs=1e-9)


def test_a_gap_is_no_bend_and_nothing_is_told_without_any() -> None:
    bent = np.array([0.3, 0.32, 0.31, 0.36, 0.33, 0.34])
    scores = np.stack([bent, bent, np.full(6, np.nan)], axis=1)
    scores[1, 1] = np.nan
    noise = checkpoint_noise(run(scores))
    bends = np.diff(bent[-5:], n=2)  # of the last five checkpoints
    for name, known in (("b0", bends), ("b1", bends[1:])):
        expected = np.sqrt(2 / np.pi) * np.sqrt(np.mean(known**2) / 6)
        assert noise["f", name] == pytest.approx(expected)
    assert ("f", "b2") not in noise
    assert checkpoint_noise(run(scores[:2])) == {}
