"""OpenCompass: `summary_<time>.csv` with one column for each model from the fifth on.

Traps: percent with two decimals; `-` is a missing score; commas in names became blanks; averages
over groups stand among the rows.
"""

import re
from dataclasses import dataclass
from typing import ClassVar

from scalepredict.records.importers.harness.interface import (
    Imported,
    ImportedScore,
    Subject,
    Tally,
    finite,
    positive,
)
from scalepredict.records.importers.harness.source_file import SourceFile

_HEADER = ("dataset", "version", "metric", "mode")
_COUNTS = ("total_count", "count", "num_samples")  # columns of forks, no models
_WITH_COUNTS = re.compile(r"(?P<score>[-+.\deE]+)%?\s*\(\d+\s*/\s*(?P<trials>\d+)\)")
_GROUP_METRICS = {
    "naive_average",
    "weighted_average",
    "harmonic_mean",
    "sum",
    "standard_deviation",
}


@dataclass(frozen=True, slots=True)
class OpenCompass:
    """Reads one summary table."""

    kind: ClassVar[str] = "opencompass"

    def recognises(self, file: SourceFile) -> bool:
        """Four fixed columns, then the models."""
        return file.header[:4] == _HEADER and len(file.header) > 4

    def read(self, file: SourceFile) -> Imported:
        """Every score of every model."""
        models = [name for name in file.header[4:] if name not in _COUNTS]
        subjects = {name: Subject(label=name) for name in models}
        time = file.path.stem.removeprefix("summary_")
        tally = Tally()
        scores = []
        for line, row in file.csv_rows():
            if row["metric"] in _GROUP_METRICS:
                tally.add("an average over a group, whose tasks are read themselves")
                continue
            for name, subject in subjects.items():
                text = row.get(name, "-").strip()
                score, n_items = _percentage(text)
                if score is None:
                    if text not in ("-", ""):
                        tally.add("a value that is no number")
                    continue
                if n_items is None:
                    n_items = next((c for key in _COUNTS if (c := _count(row.get(key)))), None)
                scores.append(
                    ImportedScore(
                        subject=subject,
                        benchmark=row["dataset"],
                        metric=row["metric"],
                        filter=row["mode"],
                        version=row["version"].strip("-"),
                        score=score,
                        percent=True,
                        n_items=n_items,
                        time=time,
                        source=file.name,
                        line=line,
                    )
                )
        return Imported(scores=tuple(scores), skipped=tally.counts)


def _percentage(text: str) -> tuple[float | None, float | None]:
    # `82.00`, or `82.00 (1948/2376)` of a fork that writes the counts beside it.
    match = _WITH_COUNTS.fullmatch(text)
    if match is None:
        return finite(_number(text)), None
    return finite(_number(match["score"])), _count(match["trials"])


def _count(text: str | None) -> float | None:
    return positive(_number(text or ""))


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
