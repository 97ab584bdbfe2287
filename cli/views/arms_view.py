"""How are several recipes shown beside the first? Differences, what they are worth, who is best."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from scalepredict.cli.views.own_units import direction_of, signed, unit_of
from scalepredict.cli.views.render import MISSING, Cell, Sheet
from scalepredict.evaluation.questions.compute_gain import Arms

AVERAGE = "average of all"


def arms_sheet(arms: Arms) -> Sheet:
    """One row for each benchmark and arm but the first."""
    rows = tuple(
        (
            str(row["benchmark"]),
            str(row["arm"]),
            _with_range(row, "difference"),
            _probability(row["p_better"]),
            _with_range(row, "compute_gain"),
            _probability(row["p_best"]),
        )
        for row in arms_rows(arms)
    )
    return Sheet(
        title=f"Beside {arms.names[0]}, at matched params and tokens",
        header=("benchmark", "arm", "difference (90 %)", "P(better)", "compute (90 %)", "P(best)"),
        align="llrrrr",
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


def arms_rows(arms: Arms) -> list[dict[str, Cell]]:
    """Tidy rows: one for each benchmark and arm but the first, and the average gain of each."""
    return list(_benchmark_rows(arms)) + list(_average_rows(arms))


def arms_document(arms: Arms) -> dict[str, Any]:
    """The same for programs, with the probability that the reference is best."""
    p_best = arms.p_best
    return {
        "reference": arms.names[0],
        "benchmarks": [_item(row) for row in _benchmark_rows(arms)],
        "average": [_item(row) for row in _average_rows(arms)],
        "p_reference_best": {unit.shown: float(p_best[0, t]) for t, unit in enumerate(arms.units)},
        "pairs": dict(zip(arms.names[1:], map(int, arms.n_pairs[1:]), strict=True)),
    }


def _benchmark_rows(arms: Arms) -> Iterator[dict[str, Cell]]:
    (low, high), (gain_low, gain_high) = arms.interval(), arms.gain_interval()
    p_better, p_best, gain = arms.p_better, arms.p_best, np.exp(arms.log_gain)
    for t, unit in enumerate(arms.units):
        for k in range(1, len(arms.names)):
            yield {
                "benchmark": unit.shown,
                "arm": arms.names[k],
                "unit": unit_of(unit),
                "direction": direction_of(unit),
                "difference": float(arms.difference[k, t]),
                "difference_low": float(low[k, t]),
                "difference_high": float(high[k, t]),
                "p_better": float(p_better[k, t]),
                "compute_gain": float(gain[k, t]),
                "compute_gain_low": float(gain_low[k, t]),
                "compute_gain_high": float(gain_high[k, t]),
                "p_best": float(p_best[k, t]),
            }


def _average_rows(arms: Arms) -> Iterator[dict[str, Cell]]:
    value, draws = arms.average_gain()
    if np.isnan(value).any() or len(arms.units) < 2:
        return
    low, high = np.exp(np.quantile(draws, [0.05, 0.95], axis=0))
    best = np.argmax(draws, axis=1)
    for k in range(1, len(arms.names)):
        yield {
            "benchmark": AVERAGE,
            "arm": arms.names[k],
            "unit": "compute",
            "direction": "higher",
            "difference": float("nan"),
            "difference_low": float("nan"),
            "difference_high": float("nan"),
            "p_better": float(np.mean(draws[:, k] > 0)),
            "compute_gain": float(np.exp(value[k])),
            "compute_gain_low": float(low[k]),
            "compute_gain_high": float(high[k]),
            "p_best": float(np.mean(best == k)),
        }


def _item(row: dict[str, Cell]) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("benchmark", "arm", "unit", "direction")},
        **{
            name: {"value": row[name], "interval": [row[f"{name}_low"], row[f"{name}_high"]]}
            for name in ("difference", "compute_gain")
        },
        **{name: row[name] for name in ("p_better", "p_best")},
    }


def _with_range(row: dict[str, Cell], name: str) -> str:
    value, low, high = (float(row[key] or 0.0) for key in (name, f"{name}_low", f"{name}_high"))
    if np.isnan(value):
        return MISSING
    if name == "compute_gain":
        return f"{value:.2f}x ({low:.2f}-{high:.2f})"
    unit = str(row["unit"])
    return f"{signed(value, unit)} ({signed(low, unit)} to {signed(high, unit)})"


def _probability(value: Cell) -> str:
    number = float(value or 0.0)
    return MISSING if np.isnan(number) else f"{number:.2f}"
