"""What is checked, and how strictly? ``configs/gate.yaml`` holds the defaults."""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from scalepredict.evaluation.off_trend.own_past.own_noise import NoisePriors
from scalepredict.evaluation.off_trend.own_past.run_judge import Side
from scalepredict.evaluation.off_trend.rules.verdicts import Level, mildest


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
    """What is checked and how strictly.

    Attributes:
        alpha: False alarms per healthy checkpoint, family-wise over its benchmarks.
        sides: What scores that are worse, and that are better, weigh at most.
        persistence: Successive checkpoints that must agree before a deviation is an error.
        recovery: Evaluations within which a loss must be back, for its spike to be a warning.
        discovery: False discovery rate of the benchmarks that are listed for a flagged checkpoint.
        drift_over: Checkpoints whose mean is compared with the past before them.
        drift_threshold: Their common shift that raises the alarm, in standard deviations.
        rules: Level of every rule, by its name.
        benchmarks: Levels by benchmark.
        copies: When equal scores are a copy.
        noise: What holds before a run tells its own noise.
        wander: Of a trajectory around its curve, a fraction per ln(tokens) left.
    """

    alpha: float
    sides: Mapping[Side, Level]
    persistence: int
    recovery: int
    discovery: float
    drift_over: int
    drift_threshold: float
    rules: Mapping[str, Level]
    benchmarks: tuple[BenchmarkLevel, ...]
    copies: CopyRule
    noise: NoisePriors
    wander: float

    def level_of(self, rule: str, side: Side | None = None) -> Level:
        """Weight of a rule; on one side of the trend at most what that side weighs."""
        return self.rules[rule] if side is None else mildest(self.rules[rule], self.sides[side])

    def for_benchmark(self, benchmark: str) -> BenchmarkLevel:
        """The first entry that matches a benchmark."""
        for entry in self.benchmarks:
            if fnmatchcase(benchmark, entry.match):
                return entry
        return BenchmarkLevel(match="*")

    @property
    def one_sided(self) -> bool:
        """Whether only scores that are worse count."""
        return self.sides[Side.BETTER] is Level.OFF
