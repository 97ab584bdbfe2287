"""Do intervals hold on groups that their calibration has not seen? Nested coverage, cell by cell.

A cell of the table is a method, a group and a factor bin. Over bins and groups the mean of cells
is taken, so that neither a rich group nor the near targets decide the claim.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.evaluation.backtest.outcomes import FACTOR_BINS, Outcomes, outcomes
from scalepredict.evaluation.backtest.rolling_origin import Cell
from scalepredict.evaluation.backtest.summary import Figure, by_level, summarise
from scalepredict.evaluation.calibrate.estimate import nested_cells
from scalepredict.evaluation.intervals.levels import DEFAULT_LEVELS, Levels

BENCHMARK, AVERAGE = "benchmark", "average"


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageRow:
    """Nested figures of one method on one group and factor bin; empty = mean over all of them.

    Attributes:
        predictor: Name of the method.
        of: What was forecast: ``benchmark``, or the ``average`` over all benchmarks.
        group: Left out; empty for the mean over groups.
        factor_bin: Empty for the mean over bins.
        figures: As in ``SummaryRow``, values only, fractions.
        coverage: By level: share of intervals that held.
        width: By level: mean width of the intervals.
    """

    predictor: str
    of: str
    group: str
    factor_bin: str
    figures: dict[str, float]
    coverage: dict[float, float]
    width: dict[float, float]

    def by_name(self) -> dict[str, float]:
        """All figures by the names that they have in columns, as ``SummaryRow``."""
        return self.figures | by_level("cover", self.coverage) | by_level("width", self.width)


def nested_coverage(
    cells: Sequence[Cell], *, levels: Levels = DEFAULT_LEVELS, rng: np.random.Generator
) -> tuple[CoverageRow, ...]:
    """Leave each group out, calibrate on the others, and count; for every method.

    A method that made forecasts in one group only has no rows.

    Raises:
        RefusedError: All cells are of one group.
    """
    if len(groups := {cell.group for cell in cells}) < 2:
        raise RefusedError(
            "a calibration is tested on series that it has not seen; there is only "
            f"{', '.join(groups)}. Give several files, or one file of several families."
        )
    rows: list[CoverageRow] = []
    for name in dict.fromkeys(cell.predictor for cell in cells):
        made = [cell for cell in cells if cell.predictor == name and cell.forecast is not None]
        if len({cell.group for cell in made}) > 1:
            for of, held in zip((BENCHMARK, AVERAGE), nested_cells(made), strict=True):
                rows += _of_method(name, of, outcomes(held, levels), rng)
    return tuple(rows)


def _of_method(
    predictor: str, of: str, lines: Outcomes, rng: np.random.Generator
) -> list[CoverageRow]:
    found = {
        (group, row.part): row
        for number, group in enumerate(lines.names["group"])
        for row in summarise(
            lines.take(np.flatnonzero(lines.column("group") == number)), by="factor_bin", rng=rng
        )
        if row.n_forecasts
    }
    bins = [name for name in FACTOR_BINS if any(name == part for _, part in found)]
    groups = [name for name in lines.names["group"] if any(name == group for group, _ in found)]
    rows = []
    for group in (*groups, ""):
        for part in (*bins, ""):
            inside = [r for (g, b), r in found.items() if group in ("", g) and part in ("", b)]
            if inside:
                rows.append(
                    CoverageRow(
                        predictor=predictor,
                        of=of,
                        group=group,
                        factor_bin=part,
                        figures=_mean([row.figures for row in inside]),
                        coverage=_mean([row.coverage for row in inside]),
                        width=_mean([row.width for row in inside]),
                    )
                )
    return rows


def _mean(rows: Sequence[Mapping[Any, Figure]]) -> dict[Any, float]:
    return {key: float(np.mean([row[key].value for row in rows])) for key in rows[0]}
