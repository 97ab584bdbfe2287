"""How are registered forecasts shown? A block to post, and what became of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from scalepredict.cli.schemas.scored_schema import ScoredDocument, ScoredRow
from scalepredict.cli.views.own_units import FRACTION, signed, value, value_range
from scalepredict.cli.views.render import Cell, Sheet, markdown, percent
from scalepredict.errors import StorageError
from scalepredict.evaluation.forecast.registration import (
    Outcome,
    checked,
    registered_interval,
    summary,
)
from scalepredict.evaluation.intervals.levels import Levels, percent_key
from scalepredict.records.text.counts import count_of, format_count
from scalepredict.records.text.json_text import parse_json


def registered_block(
    document: Mapping[str, Any], levels: Levels, *, only: Sequence[str] = ()
) -> str:
    """The Markdown to post: forecasts with their intervals, the hash and the time."""
    ends = [f"{percent_key(level)} % interval" for level in levels.shown]
    sheets = [
        Sheet(
            title=f"{target['family']}: {format_count(target['params'])} params, "
            f"{format_count(target['tokens'])} tokens, {format_count(target['flops'])} FLOPs",
            header=("benchmark", "forecast", *ends),
            align="lr" + "r" * len(ends),
            rows=tuple(
                _posted(entry, levels)
                for entry in target["benchmarks"]
                if not only or entry["benchmark"] in only
            ),
        )
        for target in document["targets"]
    ]
    foot = (
        f"Registered {document['time']} with scalepredict {document['version']} "
        f"({document['predictor']}); sha256 of the registered content: `{document['sha256']}`"
    )
    return "\n\n".join([*map(markdown, sheets), foot])


def read_registered(path: Path) -> Mapping[str, Any]:
    """A registered forecast that is still what was registered.

    Raises:
        StorageError: It cannot be read, is none, or was changed.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StorageError(f"{path}: cannot be read: {error.strerror}.") from error
    return checked(parse_json(content, str(path), error=StorageError))


def read_each(paths: Sequence[Path]) -> list[Mapping[str, Any]]:
    """Registered forecasts, each once.

    Raises:
        StorageError: One cannot be read, is none, was changed, or is there twice.
    """
    documents: dict[str, Mapping[str, Any]] = {}
    for path in paths:
        document = read_registered(path)
        if document["sha256"] in documents:
            raise StorageError(
                f"{path}: the same registered forecast is given twice; give it once."
            )
        documents[document["sha256"]] = document
    return list(documents.values())


def scored_sheet(outcomes: Sequence[Outcome], levels: Levels) -> Sheet:
    """One row for each forecast that was measured, and the summary below."""
    header = ("registered", "model", "benchmark", "forecast", "measured", "error")
    rows = tuple(
        (
            o.registered,
            o.model,
            o.benchmark,
            value(o.forecast, o.unit),
            value(o.measured, o.unit),
            signed(o.error, o.unit),
            *("yes" if o.inside(level) else "no" for level in levels.shown),
            f"{o.pit:.2f}",
            f"{o.log_score:+.2f}",
        )
        for o in outcomes
    )
    return Sheet(
        title="Registered forecasts that were measured",
        header=(
            *header,
            *(f"in {percent_key(level)} %" for level in levels.shown),
            "PIT",
            "log score",
        ),
        align="lll" + "r" * (5 + len(levels.shown)),
        rows=rows,
        notes=(_summary_line(outcomes, levels),),
    )


def scored_rows(outcomes: Sequence[Outcome], levels: Levels) -> list[dict[str, Cell]]:
    """Tidy rows."""
    return [_row(outcome, levels) for outcome in outcomes]


def scored_document(outcomes: Sequence[Outcome], levels: Levels) -> ScoredDocument:
    """The document ``scalepredict.scored/1``."""
    # Which levels a row has, and so its keys, is for the user to say.
    return {
        "schema": "scalepredict.scored/1",
        "rows": cast(list[ScoredRow], scored_rows(outcomes, levels)),
        "summary": summary(outcomes, levels),
    }


def _posted(entry: Mapping[str, Any], levels: Levels) -> tuple[str, ...]:
    ends = (registered_interval(entry["quantiles"], level) for level in levels.shown)
    unit = entry["unit"]
    shown = "" if unit == FRACTION else f" {unit}"
    return (
        entry["benchmark"],
        value(entry["forecast"], unit) + shown,
        *(value_range(low, high, unit) for low, high in ends),
    )


def _row(o: Outcome, levels: Levels) -> dict[str, Cell]:
    return {
        "registered": o.registered,
        "family": o.family,
        "model": o.model,
        "benchmark": o.benchmark,
        "unit": o.unit,
        "forecast": o.forecast,
        "measured": o.measured,
        "error": o.error,
        **{f"inside_{percent_key(level)}": o.inside(level) for level in levels.kept},
        "pit": o.pit,
        "log_score": o.log_score,
    }


def _summary_line(outcomes: Sequence[Outcome], levels: Levels) -> str:
    found = summary(outcomes, levels)
    names = map(percent_key, levels.shown)
    held = ", ".join(f"{100 * found['inside'][name]:.0f} % of {name} %" for name in names)
    errors = [
        f"mean error {percent(found['mean_absolute_error'], digits=2)} points"
        if found["mean_absolute_error"] is not None
        else "",
        f"mean relative error {percent(found['mean_relative_error'], digits=2)} %"
        if found["mean_relative_error"] is not None
        else "",
    ]
    return (
        f"{count_of(found['forecasts'], 'forecast')}: {', '.join(filter(None, errors))}; intervals "
        f"held: {held}; mean PIT {found['mean_pit']:.2f}, mean log score "
        f"{found['mean_log_score']:+.2f}."
    )
