"""Which evidence did the user choose? The options that choose it, as one value."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceChoice:
    """The options that choose evidence, as given; None or empty = not given.

    Attributes:
        families: Only these.
        checkpoints: Which of each model, as ``CheckpointChoice.parse`` reads it.
        phases: Only these phases of the schedule.
        metrics: Where a benchmark has several, the first of these that it has.
        shots: Where a benchmark has several shot counts, this one.
        percent: Whether all scores are in percent.
        answers: Whether each row is a graded answer, to be added up.
        up_to_params: Largest parameters (a count).
        up_to_flops: Largest training FLOPs (a count).
        benchmarks: The user's own metadata of benchmarks.
        ladder: Sizes of the models in harness results.
        tokens: Training tokens of all models whose tokens and FLOPs are not recorded (a count).
        without_compute: Whether checkpoints of unknown scale are evidence too.
        asymptotes: What losses fall to, as ``parse_asymptotes`` reads it.
    """

    families: tuple[str, ...] = ()
    checkpoints: str = "last"
    phases: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    shots: int | None = None
    percent: bool = False
    answers: bool = False
    up_to_params: float | None = None
    up_to_flops: float | None = None
    benchmarks: Path | None = None
    ladder: Path | None = None
    tokens: float | None = None
    without_compute: bool = False
    asymptotes: tuple[str, ...] = ()

    def in_words(self) -> dict[str, str]:
        """The given options by name, to be shown; never read back."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: ", ".join(value) if isinstance(value, tuple) else str(value)
            for name, value in given.items()
            if value is not None and value is not False and value != ()
        }

    @classmethod
    def of_version_0_1(cls, options: Mapping[str, str]) -> Self:
        """The choice of a fit file of version 0.1, which kept it as text."""
        read: dict[str, Any] = {
            "families": _names,
            "checkpoints": str,
            "phases": _names,
            "metrics": _names,
            "shots": int,
            "percent": lambda text: text == "True",
            "up_to_params": float,
            "up_to_flops": float,
            "benchmarks": Path,
            "ladder": Path,
            "without_compute": lambda text: text == "True",
        }
        return cls(**{name: read[name](text) for name, text in options.items() if name in read})


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split(", "))
