"""OpenCompass: `summary_<time>.csv` with one column for each model from the fifth on.

Traps: percent with two decimals; `-` is a missing score; commas in names became blanks; averages
over groups stand among the rows.
"""

from dataclasses import dataclass
from typing import ClassVar

from scalepredict.records.importers.harness.interface import (
    Imported,
    ImportedScore,
    Subject,
    Tally,
    fraction,
)
from scalepredict.records.importers.harness.source_file import SourceFile

_HEADER = ("dataset", "version", "metric", "mode")
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
        subjects = {name: Subject(label=name) for name in file.header[4:]}
        time = file.path.stem.removeprefix("summary_")
        tally = Tally()
        scores = []
        for line, row in file.csv_rows():
            if row["metric"] in _GROUP_METRICS:
                tally.add("an average over a group, whose tasks are read themselves")
                continue
            for name, subject in subjects.items():
                text = row.get(name, "-").strip()
                score = fraction(_number(text), percent=True)
                if score is None:
                    if text not in ("-", ""):
                        tally.add("a value that is no percentage")
                    continue
                scores.append(
                    ImportedScore(
                        subject=subject,
                        benchmark=row["dataset"],
                        metric=row["metric"],
                        filter=row["mode"],
                        version=row["version"].strip("-"),
                        score=score,
                        time=time,
                        source=file.name,
                        line=line,
                    )
                )
        return Imported(scores=tuple(scores), skipped=tally.counts)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
