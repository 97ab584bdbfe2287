"""How is a calibration written and shown? YAML for the program, nested coverage for people."""

from collections.abc import Sequence
from typing import cast

import yaml

from scalepredict.cli.schemas.calibrate_schema import (
    CalibrateDocument,
    CoverageDocument,
)
from scalepredict.cli.views.render import Cell, Format, Sheet, emit, percent, signed_points
from scalepredict.evaluation.backtest.summary import by_level
from scalepredict.evaluation.calibrate.coverage import AVERAGE, BENCHMARK, CoverageRow
from scalepredict.evaluation.intervals.calibration import Calibration
from scalepredict.evaluation.intervals.calibration_file import calibration_tree
from scalepredict.evaluation.intervals.levels import Levels, percent_key

ALL = "all"
DIGITS = 4  # significant; errors of a few series do not carry more


def calibration_yaml(calibration: Calibration, coverage: Sequence[CoverageRow]) -> str:
    """The file's text; its nested coverage goes into the provenance."""
    tree = calibration_tree(calibration)
    claim = {
        row.predictor: {
            name: round(value, 3) for name, value in by_level("cover", row.coverage).items()
        }
        for row in coverage
        if (row.of, row.group, row.factor_bin) == (BENCHMARK, "", "")
    }
    tree["provenance"] = {**calibration.provenance, "nested_coverage": claim}
    return str(yaml.safe_dump(_rounded(tree), sort_keys=False, default_flow_style=None, width=100))


def show(
    calibration: Calibration, coverage: Sequence[CoverageRow], levels: Levels, *, form: Format
) -> None:
    """Write the nested coverage to stdout."""
    rows = coverage_rows(coverage)
    # Which levels a row has, and so its keys, is for the user to say.
    document: CalibrateDocument = {
        "schema": "scalepredict.calibrate/1",
        "nested_coverage": cast(list[CoverageDocument], rows),
        "calibration": cast(dict[str, object], _rounded(calibration_tree(calibration))),
    }
    emit(form, sheets=_sheets(coverage, levels.shown), rows=rows, document=document)


def coverage_rows(coverage: Sequence[CoverageRow]) -> list[dict[str, Cell]]:
    """One row for each method, group and factor bin."""
    return [
        {
            "predictor": row.predictor,
            "of": row.of,
            "group": row.group or ALL,
            "factor_bin": row.factor_bin or ALL,
            **row.by_name(),
        }
        for row in coverage
    ]


def _sheets(coverage: Sequence[CoverageRow], shown: Sequence[float]) -> list[Sheet]:
    first = coverage[0].predictor if coverage else ""
    by_group = [r for r in coverage if r.of == BENCHMARK and not r.factor_bin]
    own = [r for r in coverage if r.of == BENCHMARK and r.predictor == first]
    averages = [
        r for r in coverage if r.of == AVERAGE and r.predictor == first and not r.factor_bin
    ]
    return [
        _sheet(
            "Nested coverage: each group with constants from the others, in percent",
            by_group,
            shown,
            ("Mean over factor bins; the group `all` is the mean over groups and bins.",),
        ),
        _sheet(f"Nested coverage of {first} by factor", own, shown, ()),
        _sheet(
            f"Nested coverage of {first}, average over all benchmarks of a target",
            averages,
            shown,
            ("Approximate: there are few independent averages to learn from.",),
        ),
    ]


def _sheet(
    title: str, rows: Sequence[CoverageRow], shown: Sequence[float], notes: tuple[str, ...]
) -> Sheet:
    columns = (
        *(f"in {percent_key(level)}" for level in shown),
        *(f"width {percent_key(shown[-1])}", "WIS", "MAE", "bias"),
    )
    return Sheet(
        title=title,
        header=("predictor", "group", "factor", *columns),
        align="lll" + "r" * len(columns),
        rows=tuple(
            (row.predictor, row.group or ALL, row.factor_bin or ALL, *_cells(row, shown))
            for row in rows
        ),
        notes=notes,
    )


def _cells(row: CoverageRow, shown: Sequence[float]) -> tuple[str, ...]:
    figures = row.figures
    return (
        *(percent(row.coverage[level]) for level in shown),
        percent(row.width[shown[-1]]),
        percent(figures["wis"], digits=2),
        percent(figures["mae"], digits=2),
        signed_points(figures["bias"]),
    )


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, dict):
        return {_rounded(key): _rounded(item) for key, item in value.items()}
    return value
