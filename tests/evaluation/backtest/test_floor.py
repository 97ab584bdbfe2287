"""What noise alone leaves: the bends between neighbouring checkpoints of a run."""

from dataclasses import replace

import numpy as np
import pytest

from scalepredict.evaluation.backtest.floor import checkpoint_noise, interpolation_noise
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


def ladder(scores: Floats, sizes: Floats) -> EvalTable:
    rows = [
        Checkpoint(model=f"m{i}", family="f", params=n, tokens=20 * n, flops=120 * n * n)
        for i, n in enumerate(sizes.tolist())
    ]
    return make_table(rows, [Unit(benchmark="b")], scores[:, None])


SIZES = np.geomspace(1e8, 1e10, 9)


def test_a_model_off_the_line_of_its_neighbours_leaves_a_floor_and_order_does_not_matter() -> None:
    scores = np.linspace(0.3, 0.6, 9)
    scores[4] += 0.05
    table = ladder(scores, SIZES)
    noise = interpolation_noise(table)["f", "b"]
    assert 0.05 / 9 < noise < 0.05
    shuffled = table.take_rows(np.random.default_rng(0).permutation(9))
    assert interpolation_noise(shuffled)["f", "b"] == pytest.approx(noise)


def test_the_ends_of_a_ladder_have_nothing_to_be_interpolated_from() -> None:
    scores = np.linspace(0.3, 0.6, 3)
    assert interpolation_noise(ladder(scores[:2], SIZES[:2])) == {}
    ends = np.array([0.9, 0.45, 0.6])  # of three models one lies between
    noise = interpolation_noise(ladder(ends, SIZES[[0, 4, 8]]))["f", "b"]
    assert noise == pytest.approx(0.3, rel=0.15)  # about half way, between 0.9 and 0.6


def test_families_have_floors_of_their_own() -> None:
    steady, jumpy = np.linspace(0.3, 0.6, 9), np.linspace(0.3, 0.6, 9)
    jumpy[2::2] += 0.04
    first, second = ladder(steady, SIZES), ladder(jumpy, SIZES)
    other = tuple(replace(c, family="g", model=c.model + "g") for c in second.checkpoints)
    both = first.with_rows(replace(second, checkpoints=other))
    noise = interpolation_noise(both)
    assert noise["f", "b"] < 0.1 * noise["g", "b"]
    assert noise["g", "b"] == pytest.approx(interpolation_noise(second)["f", "b"])


def test_runs_of_one_family_share_their_noise() -> None:
    """A steady run and one that bends: the mean of their squares, not of their sizes."""
    steady, bent = np.linspace(0.3, 0.34, 5), np.array([0.3, 0.33, 0.32, 0.35, 0.34])
    one, other = run(steady[:, None]), run(bent[:, None])
    named = tuple(replace(c, model="n") for c in other.checkpoints)
    noise = checkpoint_noise(one.with_rows(replace(other, checkpoints=named)))["f", "b0"]
    alone = checkpoint_noise(other)["f", "b0"]
    assert noise == pytest.approx(alone / np.sqrt(2))
