"""What does every report show? One check, the level that fails it, and what it came to."""

from collections.abc import Iterator
from dataclasses import dataclass

from scalepredict.evaluation.intervals.levels import CLAIMED, Levels
from scalepredict.evaluation.off_trend.in_flight import InFlight
from scalepredict.evaluation.off_trend.rules.verdicts import Finding, Level, Verdict, place_in_words
from scalepredict.evaluation.off_trend.run_check import Check, Status
from scalepredict.records.table import Checkpoint


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Result:
    """A finished check.

    Attributes:
        check: What was found.
        fails_from: Level from which a finding fails the gate.
        intervals: At which levels those of runs in progress are shown.
    """

    check: Check
    fails_from: Level
    intervals: Levels = CLAIMED

    @property
    def status(self) -> Status:
        """The answer in a word."""
        return self.check.status(self.fails_from)

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """One for each new checkpoint."""
        return self.check.verdicts

    @property
    def in_flight(self) -> tuple[InFlight, ...]:
        """Forecasts of runs in progress."""
        return self.check.in_flight

    def findings(self) -> Iterator[tuple[Verdict, Finding]]:
        """All findings with their checkpoints: errors first, else in the order of training."""
        pairs = [(v, f) for v in self.verdicts for f in v.findings]
        yield from sorted(pairs, key=lambda pair: -list(Level).index(pair[1].level))


def checkpoint_name(checkpoint: Checkpoint) -> str:
    """``dense-1B at step 120000``."""
    return f"{checkpoint.model} at {place_in_words(checkpoint)}"


def subject(finding: Finding) -> str:
    """What a finding is about: its benchmark, or all of them together."""
    return "all benchmarks" if finding.benchmark is None else finding.benchmark


def sentence(verdict: Verdict, finding: Finding) -> str:
    """A finding that stands by itself, without the end of a sentence."""
    return f"{checkpoint_name(verdict.checkpoint)}: {finding.message}".rstrip(".")
