"""What can be wrong with a checkpoint, and how is it said? Rules, findings and verdicts."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from hashlib import sha256

from scalepredict.evaluation.off_trend.global_test import Direction
from scalepredict.evaluation.off_trend.null import NoiseDefaults
from scalepredict.records.table import Checkpoint, Unit
from scalepredict.records.text.counts import format_count


class Level(StrEnum):
    """How much a finding weighs."""

    OFF = "off"
    WARN = "warn"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of finding. Its id and name are stable; both are understood in configuration."""

    id: str
    name: str
    help: str


_ALL = (
    Rule("SP101", "off-trend-low", "The score is below what the run's past predicts."),
    Rule("SP102", "off-trend-high", "The score is above what the run's past predicts: "
         "contamination or a changed evaluation."),
    Rule("SP103", "drift", "Scores slide below the trend, a little at a time."),
    Rule("SP104", "below-chance", "The score is below that of a guesser, and was not "
         "before: labels or the answer extraction may have changed."),
    Rule("SP105", "off-ladder-low", "The model scores below what the ladder of other "
         "sizes predicts."),
    Rule("SP106", "off-ladder-high", "The model scores above what the ladder of other "
         "sizes predicts."),
    Rule("SP201", "copied-scores", "The scores are those of another checkpoint, digit "
         "for digit."),
    Rule("SP202", "mislabelled", "The scores fit another size, step or shot count far "
         "better than the one they are filed under."),
    Rule("SP203", "missing-benchmark", "A benchmark that this run was measured on is "
         "missing."),
    Rule("SP204", "changed-evaluation", "Metric, shots or number of items differ from "
         "the run's earlier checkpoints."),
)  # fmt: skip
RULES: Mapping[str, Rule] = {rule.name: rule for rule in _ALL}


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkLevel:
    """How findings of the benchmarks that match a pattern weigh; the first match holds.

    Attributes:
        match: Pattern of a benchmark's name, as in a shell.
        level: Weight of its findings; ``off`` takes it out of the test.
        min_items: Answers behind a score below which the benchmark is out of the test.
    """

    match: str
    level: Level = Level.ERROR
    min_items: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyRule:
    """When equal scores are a copy.

    Attributes:
        min_step: Earlier checkpoints are not compared: same-seed runs tie near initialisation.
        min_tokens: The same, for records without a step.
        large_items: Answers that make an exact tie unlikely.
        large_share: Share of benchmarks with so many answers that must tie, and at least 4.
        all_share: Share of all benchmarks and tasks that must tie, if there are 20 or more.
    """

    min_step: float
    min_tokens: float
    large_items: float
    large_share: float
    all_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What is checked and how strictly; ``configs/gate.yaml`` holds the defaults.

    Attributes:
        alpha: False alarms per healthy checkpoint, family-wise over its benchmarks.
        direction: Which deviations count.
        persistence: Successive checkpoints that must agree before a deviation is an error.
        discovery: False discovery rate of the benchmarks that are listed for a flagged checkpoint.
        drift_reference: CUSUM allowance per checkpoint, in standard deviations of the shift.
        drift_threshold: CUSUM value that raises the alarm.
        rules: Level of every rule, by its name.
        benchmarks: Levels by benchmark.
        copies: When equal scores are a copy.
        noise: What holds where other runs do not tell.
    """

    alpha: float
    direction: Direction
    persistence: int
    discovery: float
    drift_reference: float
    drift_threshold: float
    rules: Mapping[str, Level]
    benchmarks: tuple[BenchmarkLevel, ...]
    copies: CopyRule
    noise: NoiseDefaults

    def level_of(self, rule: str) -> Level:
        """Weight of a rule."""
        return self.rules[rule]

    def for_benchmark(self, benchmark: str) -> BenchmarkLevel:
        """The first entry that matches a benchmark."""
        for entry in self.benchmarks:
            if fnmatchcase(benchmark, entry.match):
                return entry
        return BenchmarkLevel(match="*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong with one checkpoint. Scores are fractions; None = does not apply.

    Attributes:
        rule: Name of the rule.
        level: Weight.
        benchmark: What it is about; None = the checkpoint as a whole.
        metric: Metric of that benchmark; empty if none.
        shots: Its shots, if recorded.
        observed: Measured score.
        expected: Predicted score.
        interval: Where a new measurement lies with probability 1 - alpha.
        z: (observed - expected) over its standard deviation.
        p_value: Of this finding by itself.
        message: One sentence with the numbers.
    """

    rule: str
    level: Level
    message: str
    benchmark: str | None = None
    metric: str = ""
    shots: int | None = None
    observed: float | None = None
    expected: float | None = None
    interval: tuple[float, float] | None = None
    z: float | None = None
    p_value: float | None = None

    def fingerprint(self, checkpoint: Checkpoint) -> str:
        """Stable identity: the same from checkpoint to checkpoint and whatever the values."""
        shots = "" if self.shots is None else f"{self.shots}-shot"
        parts = (self.rule, checkpoint.family, checkpoint.model, self.benchmark or "", self.metric)
        return sha256("\x1f".join((*parts, shots)).encode(errors="surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was found about one checkpoint.

    Attributes:
        checkpoint: Which.
        p_value: Of its scores together against its trend; None = not judged.
        findings: What is wrong, errors first.
        accepted: Findings that the baseline accepts.
        unjudged: Why it could not be judged, a sentence; empty if it was.
    """

    checkpoint: Checkpoint
    p_value: float | None
    findings: tuple[Finding, ...]
    accepted: tuple[Finding, ...] = ()
    unjudged: str = ""

    def flagged(self, fails_from: Level) -> bool:
        """Whether a finding is of that level or above."""
        return any(f.level is Level.ERROR or f.level is fails_from for f in self.findings)


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
        message=message,
        **values,  # type: ignore[arg-type]
    )


def direction_rule(stem: str, deviation: float) -> str:
    """``off-trend`` and -1.2 -> ``off-trend-low``."""
    return f"{stem}-{'low' if deviation < 0 else 'high'}"


def interval_around(expected: float, half_width: float) -> tuple[float, float]:
    """A prediction interval, inside [0, 1]."""
    return max(0.0, expected - half_width), min(1.0, expected + half_width)
