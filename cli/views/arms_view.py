"""How are several recipes shown beside the first? Differences, what they are worth, who is best."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import numpy as np

from scalepredict.cli.schemas.compare_schema import ArmDocument, ArmsDocument
from scalepredict.cli.views.own_units import direction_of, signed, unit_of
from scalepredict.cli.views.render import MISSING, Cell, Sheet
from scalepredict.evaluation.intervals.levels import Levels, percent_key
from scalepredict.evaluation.questions.compute_gain import Arms

AVERAGE = "average of all"


def arms_sheet(arms: Arms, levels: Levels) -> Sheet:
    """One row for each benchmark and arm but the first."""
    ends = [f"{percent_key(level)} %" for level in levels.shown]
    rows = tuple(
        (
            str(row["benchmark"]),
            str(row["arm"]),
            *_with_ranges(row, "difference", levels),
            _probability(row["p_better"]),
            *_with_ranges(row, "compute_gain", levels),
            _probability(row["p_best"]),
        )
        for row in arms_rows(arms, levels)
    )
    return Sheet(
        title=f"Beside {arms.names[0]}, at matched params and tokens",
        header=(
            *("benchmark", "arm", "difference", *ends),
            *("P(better)", "compute", *ends, "P(best)"),
        ),
        align="ll" + "r" * (4 + 2 * len(ends)),
        rows=rows,
        notes=(
            f"compute: that {arms.names[0]} would need, as a multiple, to be where the arm is; - "
            "where its own curve does not tell, or beyond 10x. Pairs: "
            + ", ".join(
                f"{name} {n}" for name, n in zip(arms.names[1:], arms.n_pairs[1:], strict=True)
            )
            + ".",
        ),
    )


def arms_rows(arms: Arms, levels: Levels) -> list[dict[str, Cell]]:
    """Tidy rows: one for each benchmark and arm but the first, and the average gain of each."""
    return [*_benchmark_rows(arms, levels.shown), *_average_rows(arms, levels.shown)]


def arms_document(arms: Arms, levels: Levels) -> ArmsDocument:
    """The same for programs, with the probability that the reference is best."""
    p_best, kept = arms.p_best, levels.kept
    return {
        "reference": arms.names[0],
        "benchmarks": [_item(row, kept) for row in _benchmark_rows(arms, kept)],
        "average": [_item(row, kept) for row in _average_rows(arms, kept)],
        "p_reference_best": {unit.shown: float(p_best[0, t]) for t, unit in enumerate(arms.units)},
        "pairs": dict(zip(arms.names[1:], map(int, arms.n_pairs[1:]), strict=True)),
    }


def _benchmark_rows(arms: Arms, levels: Sequence[float]) -> Iterator[dict[str, Cell]]:
    differences = {level: arms.interval(level) for level in levels}
    gains = {level: arms.gain_interval(level) for level in levels}
    p_better, p_best, gain = arms.p_better, arms.p_best, np.exp(arms.log_gain)
    for t, unit in enumerate(arms.units):
        for k in range(1, len(arms.names)):
            yield {
                "benchmark": unit.shown,
                "arm": arms.names[k],
                "unit": unit_of(unit),
                "direction": direction_of(unit),
                "difference": float(arms.difference[k, t]),
                **_ends("difference", {p: (a[k, t], b[k, t]) for p, (a, b) in differences.items()}),
                "p_better": float(p_better[k, t]),
                "compute_gain": float(gain[k, t]),
                **_ends("compute_gain", {p: (a[k, t], b[k, t]) for p, (a, b) in gains.items()}),
                "p_best": float(p_best[k, t]),
            }


def _average_rows(arms: Arms, levels: Sequence[float]) -> Iterator[dict[str, Cell]]:
    value, draws = arms.average_gain()
    if np.isnan(value).any() or len(arms.units) < 2:
        return
    gains = {p: np.exp(np.quantile(draws, [(1 - p) / 2, (1 + p) / 2], axis=0)) for p in levels}
    best = np.argmax(draws, axis=1)
    for k in range(1, len(arms.names)):
        yield {
            "benchmark": AVERAGE,
            "arm": arms.names[k],
            "unit": "compute",
            "direction": "higher",
            "difference": float("nan"),
            **_ends("difference", dict.fromkeys(levels, (np.nan, np.nan))),
            "p_better": float(np.mean(draws[:, k] > 0)),
            "compute_gain": float(np.exp(value[k])),
            **_ends("compute_gain", {p: (a[k], b[k]) for p, (a, b) in gains.items()}),
            "p_best": float(np.mean(best == k)),
        }


def _ends(name: str, ends: Mapping[float, tuple[float, float]]) -> dict[str, Cell]:
    return {
        f"{name}_{side}_{percent_key(level)}": float(end)
        for level, pair in ends.items()
        for side, end in zip(("low", "high"), pair, strict=True)
    }


def _item(row: Mapping[str, Cell], levels: Sequence[float]) -> ArmDocument:
    def estimate(name: str) -> dict[str, Any]:
        keys = map(percent_key, levels)
        ends = {key: [row[f"{name}_low_{key}"], row[f"{name}_high_{key}"]] for key in keys}
        return {"value": row[name], "interval": ends}

    # Which levels a row has, and so its keys, is for the user to say.
    item: dict[str, Any] = {
        **{name: row[name] for name in ("benchmark", "arm", "unit", "direction")},
        **{name: estimate(name) for name in ("difference", "compute_gain")},
        **{name: row[name] for name in ("p_better", "p_best")},
    }
    return cast(ArmDocument, item)


def _with_ranges(row: Mapping[str, Cell], name: str, levels: Levels) -> Iterator[str]:
    unit = "" if name == "compute_gain" else str(row["unit"])
    yield _estimate(row[name], unit)
    for key in map(percent_key, levels.shown):
        low, high = row[f"{name}_low_{key}"], row[f"{name}_high_{key}"]
        if np.isnan(float(low or 0.0)):
            yield MISSING
        elif unit:
            yield f"{_estimate(low, unit)} to {_estimate(high, unit)}"
        else:
            yield f"{float(low or 0.0):.2f}-{float(high or 0.0):.2f}"


def _estimate(value: Cell, unit: str) -> str:
    number = float(value or 0.0)
    if np.isnan(number):
        return MISSING
    return signed(number, unit) if unit else f"{number:.2f}x"


def _probability(value: Cell) -> str:
    number = float(value or 0.0)
    return MISSING if np.isnan(number) else f"{number:.2f}"
