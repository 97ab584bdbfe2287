"""What was found about a checkpoint? Levels, findings and verdicts."""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from scalepredict.records.table import Checkpoint, Unit
from scalepredict.records.text.counts import format_count


class Level(StrEnum):
    """How much a finding weighs, the mildest first; ``warn`` is understood as ``warning``."""

    OFF = "off"
    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"

    @classmethod
    def _missing_(cls, value: object) -> "Level | None":
        return cls.WARNING if value == "warn" else None

    def reaches(self, other: "Level") -> bool:
        """Whether this is as severe as another."""
        order = list(Level)
        return order.index(self) >= order.index(other)


def mildest(*levels: Level) -> Level:
    """The mildest of some levels."""
    return min(levels, key=list(Level).index)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong with one checkpoint. Scores as recorded; None = does not apply.

    Attributes:
        rule: Name of the rule.
        level: Weight.
        message: One sentence with the numbers.
        benchmark: What it is about; None = the checkpoint as a whole.
        metric: Metric of that benchmark; empty if none.
        shots: Its shots, if recorded.
        variant: Other settings of its evaluation, where several are recorded.
        observed: Measured score.
        expected: Predicted score.
        interval: Where a new measurement lies with probability 1 - alpha.
        z: (observed - expected) over its standard deviation.
        p_value: Of this finding by itself.
        identity: Name of the rule under which the same event was first found; empty = ``rule``.
        since: Checkpoint at which that was; None = at the one that the finding is about.
    """

    rule: str
    level: Level
    message: str
    benchmark: str | None = None
    metric: str = ""
    shots: int | None = None
    variant: str = ""
    observed: float | None = None
    expected: float | None = None
    interval: tuple[float, float] | None = None
    z: float | None = None
    p_value: float | None = None
    identity: str = ""
    since: Checkpoint | None = None

    def fingerprint(self, checkpoint: Checkpoint) -> str:
        """Stable identity: the same from checkpoint to checkpoint and whatever the values."""
        shots = "" if self.shots is None else f"{self.shots}-shot"
        rule = self.identity or self.rule
        parts = (rule, checkpoint.family, checkpoint.model, self.benchmark or "", self.metric)
        text = "\x1f".join((*parts, *((shots, self.variant) if self.variant else (shots,))))
        return sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]

    def place(self, checkpoint: Checkpoint) -> str:
        """Where in its training the event began, see `place_of`."""
        return place_of(self.since or checkpoint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unjudged:
    """Why there is no verdict on a checkpoint.

    Attributes:
        why: A sentence; or, where ``needed`` is given, what there are too few of.
        had: How many there were.
        needed: How many a verdict takes; 0 = it is no matter of numbers.
    """

    why: str
    had: int = 0
    needed: int = 0

    def __str__(self) -> str:
        return (
            f"not judged yet: {self.had} of {self.needed} {self.why}" if self.needed else self.why
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was found about one checkpoint.

    Attributes:
        checkpoint: Which.
        p_value: Of its scores together being no worse than its trend; None = not judged.
        findings: What is wrong, errors first.
        accepted: Findings that the baseline accepts.
        unjudged: Why it could not be judged; None if it was.
    """

    checkpoint: Checkpoint
    p_value: float | None
    findings: tuple[Finding, ...]
    accepted: tuple[Finding, ...] = ()
    unjudged: Unjudged | None = None

    def flagged(self, fails_from: Level) -> bool:
        """Whether a finding is of that level or above."""
        return any(finding.level.reaches(fails_from) for finding in self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A finding at one checkpoint that the user accepts (an entry of the baseline file)."""

    fingerprint: str
    place: str


def place_of(checkpoint: Checkpoint) -> str:
    """Where in its training a checkpoint is, as text that does not depend on its other fields."""
    if checkpoint.tokens is not None:
        return f"{checkpoint.tokens:.12g} tokens"
    return "" if checkpoint.step is None else f"step {checkpoint.step:.12g}"


def place_in_words(checkpoint: Checkpoint) -> str:
    """The same for people: ``step 13000``, or ``27.3B tokens``."""
    if checkpoint.step is not None:
        return f"step {checkpoint.step:.12g}"
    return f"{format_count(checkpoint.tokens)} tokens" if checkpoint.tokens else "its place"


def unit_finding(rule: str, level: Level, unit: Unit, message: str, **values: object) -> Finding:
    """A finding about one benchmark."""
    return Finding(
        rule=rule,
        level=level,
        benchmark=unit.benchmark,
        metric=unit.metric,
        shots=unit.shots,
        variant=unit.variant,
        message=message,
        **values,  # type: ignore[arg-type]
    )
