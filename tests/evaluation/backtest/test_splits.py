"""Splits train at or below a cutoff and hold out what lies above, family by family."""

import numpy as np
import pytest

from scalepredict.errors import RefusedError
from scalepredict.evaluation.backtest.splits import (
    cutoff_split,
    gapped_origins,
    holdout_split,
    leave_largest_of_family_out,
    leave_one_family_out,
    rolling_origins,
    spaced_checkpoints,
)
from scalepredict.records.table import Checkpoint, EvalTable, Unit, make_table


def ladder(**families: list[float]) -> EvalTable:
    """One benchmark; FLOPs of the models of each family, in units of 1e18."""
    checkpoints = [
        Checkpoint(model=f"{family}-{c:g}", family=family, params=c * 1e9, flops=c * 1e18)
        for family, sizes in families.items()
        for c in sizes
    ]
    scores = np.linspace(0.3, 0.6, len(checkpoints))[:, None]
    return make_table(checkpoints, [Unit(benchmark="arc")], scores)


def names(table: EvalTable, rows: np.ndarray) -> list[str]:
    return [table.checkpoints[i].model for i in rows]


def test_an_origin_trains_at_or_below_its_cutoff_and_forecasts_above() -> None:
    table = ladder(f=[1, 2, 4, 8, 9, 30, 5000])
    first, *_, last = rolling_origins(table)
    assert first.origin_flops == 4e18
    assert names(table, first.train) == ["f-1", "f-2", "f-4"]
    # 5000 is more than 300 times 4.
    assert names(table, first.targets) == ["f-8", "f-9", "f-30"]
    assert last.origin_flops == 30e18
    assert names(table, last.targets) == ["f-5000"]


def test_a_gapped_origin_knows_a_cluster_and_one_or_three_far_runs() -> None:
    table = ladder(f=[1, 1.5, 2, 3, 4, 30, 100, 110, 500, 2000], g=[1, 2, 3, 1000])
    splits = gapped_origins(table)
    assert {split.family for split in splits} == {"f"}
    known = [names(table, split.train)[5:] for split in splits]
    assert known == [
        ["f-100"], ["f-110"], ["f-500"],
        ["f-100", "f-110", "f-500"],
    ]  # fmt: skip
    assert all(len(split.train) in (6, 8) for split in splits)
    assert names(table, splits[0].targets) == ["f-500", "f-2000"]


def test_a_target_within_a_fifth_of_the_origin_is_no_extrapolation() -> None:
    table = ladder(f=[1, 2, 8, 9, 30])
    at_8 = next(split for split in rolling_origins(table) if split.origin_flops == 8e18)
    assert names(table, at_8.targets) == ["f-30"]


def test_a_family_of_eight_needs_four_models_below_an_origin() -> None:
    table = ladder(f=[1, 2, 4, 8, 16, 32, 64, 128])
    assert rolling_origins(table)[0].origin_flops == 8e18
    assert rolling_origins(table, min_models=6)[0].origin_flops == 32e18


def test_origins_are_spread_evenly_and_keep_both_ends() -> None:
    sizes = [1.3**i for i in range(30)]
    splits = rolling_origins(ladder(f=sizes), max_origins=5)
    ranks = [len(split.train) - 1 for split in splits]
    assert ranks == [3, 9, 15, 22, 28]


def test_rows_of_other_families_above_the_cutoff_are_hidden_too() -> None:
    table = ladder(f=[1, 2, 4, 8], g=[3, 5, 900])
    (split,) = rolling_origins(table)  # g has two models below 900: those of f do not count
    assert split.family == "f"
    assert names(table, split.train) == ["f-1", "f-2", "f-4", "g-3"]
    assert names(table, split.targets) == ["f-8"]


def test_a_cutoff_by_params_forecasts_everything_above() -> None:
    table = ladder(f=[1, 2, 4, 4.4, 5000])
    (split,) = cutoff_split(table, params=4e9)
    assert split.origin_flops == 4e18
    assert names(table, split.targets) == ["f-4.4", "f-5000"]


@pytest.mark.parametrize(("cutoff", "side"), [(0.5e18, "at or below"), (9e18, "above")])
def test_a_cutoff_outside_the_records_is_refused_with_their_range(cutoff: float, side: str) -> None:
    with pytest.raises(RefusedError, match=f"{side} the cutoff .* 1e\\+18 to 4e\\+18"):
        cutoff_split(ladder(f=[1, 2, 4]), flops=cutoff)


def test_a_holdout_names_models_or_families() -> None:
    table = ladder(f=[1, 2, 4], g=[1, 2])
    (by_model,) = holdout_split(table, ["f-4"])
    assert names(table, by_model.targets) == ["f-4"]
    assert names(table, by_model.train) == ["f-1", "f-2", "g-1", "g-2"]
    (by_family,) = holdout_split(table, ["g"])
    assert names(table, by_family.targets) == ["g-1", "g-2"]
    with pytest.raises(RefusedError, match="no model"):
        holdout_split(table, ["h*"])


def test_the_largest_of_each_family_is_held_out_in_turn() -> None:
    table = ladder(f=[4, 1, 2], g=[1, 8])
    held = [(names(table, s.targets), s.origin_flops) for s in leave_largest_of_family_out(table)]
    assert held == [(["f-4"], 2e18), (["g-8"], 1e18)]


def test_a_family_is_held_out_whole() -> None:
    table = ladder(f=[4, 1], g=[1, 8])
    first, second = leave_one_family_out(table)
    assert names(table, first.targets) == ["f-4", "f-1"]
    assert names(table, first.train) == ["g-1", "g-8"]
    assert second.origin_flops == 4e18


def test_spaced_checkpoints_keep_the_last_and_halve_from_there() -> None:
    checkpoints = [
        Checkpoint(model=model, params=1e9, tokens=d * 1e9, flops=6e18 * d)
        for model in ("a", "b")
        for d in (10, 20, 30, 40, 50, 70)
    ]
    table = make_table(checkpoints, [Unit(benchmark="arc")], np.full((12, 1), 0.5))
    kept = [(c.model, c.tokens) for c in spaced_checkpoints(table).checkpoints]
    assert kept == [(m, d * 1e9) for m in ("a", "b") for d in (10, 30, 70)]
