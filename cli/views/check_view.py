"""How is a check shown? A table of findings, one of each run in progress; rows and a document."""

from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np

from scalepredict.cli.schemas.check_schema import (
    CheckDocument,
    CheckpointDocument,
    FinalDocument,
    FindingDocument,
    InFlightDocument,
)
from scalepredict.cli.views.check_result import Result, subject
from scalepredict.cli.views.render import MISSING, Cell, Sheet, percent, percent_range
from scalepredict.evaluation.intervals.levels import Levels, percent_key
from scalepredict.evaluation.off_trend.in_flight import InFlight
from scalepredict.evaluation.off_trend.rules.verdicts import Finding, Verdict, place_in_words
from scalepredict.records.notes import Note, noted
from scalepredict.records.table import Floats
from scalepredict.records.text.counts import count_of, format_count

_ANSWER = {True: "yes", False: "no", None: MISSING}


def sheets(result: Result) -> list[Sheet]:
    """The tables for people: the runs, the findings, and forecasts of runs in progress."""
    rows = tuple(_row(verdict, finding) for verdict, finding in result.findings())
    findings = Sheet(
        title="findings",
        header=("model", "at", "level", "rule", "finding"),
        align="lllll",
        rows=rows,
    )
    return [
        _runs_sheet(result),
        *([findings] if rows else []),
        *(_in_flight_sheet(run, result.intervals) for run in result.in_flight),
    ]


def unjudged_notes(result: Result) -> list[Note]:
    """What the counts hide: why checkpoints were not judged, each reason with its count."""
    reasons = Counter(verdict.unjudged for verdict in result.verdicts if verdict.unjudged)
    early: dict[str, dict[int, int]] = {}  # how many checkpoints had so many of what it takes
    texts = []
    for reason, n in reasons.items():
        if reason.needed:
            early.setdefault(f"{reason.needed} {reason.why}", {})[reason.had] = n
        else:
            texts.append(f"{n} not judged: {reason.why}")
    for needed, had in early.items():
        least, most = min(had), max(had)
        span = f"{least} of" if least == most else f"{least} to {most} of"
        texts.append(f"{sum(had.values())} not judged yet: {span} {needed}")
    return [noted("not-judged", text) for text in texts]


def document(result: Result) -> CheckDocument:
    """The document ``scalepredict.check/1``; numbers have six significant digits."""
    return {
        "schema": "scalepredict.check/1",
        "status": str(result.status),
        "checkpoints": [_checkpoint(result, verdict) for verdict in result.verdicts],
        "in_flight": [_in_flight(run, result.intervals) for run in result.in_flight],
        "notes": [note.document() for note in result.check.notes],
    }


def rows(result: Result) -> list[dict[str, Cell]]:
    """One row for each finding, and one for each checkpoint without any."""
    return list(_rows(result))


def _runs_sheet(result: Result) -> Sheet:
    runs: dict[tuple[str, str, str], list[Verdict]] = {}
    for verdict in result.verdicts:
        c = verdict.checkpoint
        runs.setdefault((c.family, c.model, c.phase), []).append(verdict)
    return Sheet(
        title=f"{result.status}: {_counted(result)}",
        header=("model", "latest", "checkpoints", "judged", "flagged", "latest p-value"),
        align="llrrrr",
        rows=tuple(
            (
                model,
                place_in_words(verdicts[-1].checkpoint),
                str(len(verdicts)),
                str(sum(v.p_value is not None for v in verdicts)),
                str(sum(v.flagged(result.fails_from) for v in verdicts)),
                MISSING if (p := verdicts[-1].p_value) is None else f"{p:.2g}",
            )
            for (_, model, _), verdicts in runs.items()
        ),
    )


def _row(verdict: Verdict, finding: Finding) -> tuple[str, ...]:
    checkpoint = verdict.checkpoint
    place = place_in_words(checkpoint)
    return checkpoint.model, place, str(finding.level), finding.rule, finding.message


def _counted(result: Result) -> str:
    n = len(result.verdicts)
    judged = sum(v.p_value is not None for v in result.verdicts)
    flagged = sum(v.flagged(result.fails_from) for v in result.verdicts)
    accepted = sum(len(v.accepted) for v in result.verdicts)
    known = f", {count_of(accepted, 'finding')} accepted by the baseline" if accepted else ""
    return (
        f"{flagged} of {count_of(n, 'checkpoint')} flagged, {judged} judged against their "
        f"trend{known}"
    )


def _in_flight_sheet(run: InFlight, levels: Levels) -> Sheet:
    checkpoint = run.checkpoint
    done = f"{format_count(checkpoint.tokens or 0.0)} of {format_count(run.final_tokens)} tokens"
    with_ladder = bool(np.isfinite(run.ladder).any())
    ends = [f"{percent_key(level)} %" for level in levels.shown]
    header = ["benchmark", "now", "by its own line"]
    header += ["by the ladder", *ends, "both", *ends, "original holds"] if with_ladder else ends
    return Sheet(
        title=f"in flight: {checkpoint.model}, {done}; final scores",
        header=tuple(header),
        align="l" + "r" * (len(header) - 1),
        rows=tuple(_in_flight_row(run, t, levels, with_ladder) for t in _known(run)),
    )


def _in_flight_row(run: InFlight, t: int, levels: Levels, with_ladder: bool) -> tuple[str, ...]:
    ends = [percent_range(*_at(run.interval(level), t)) for level in levels.shown]
    cells = [run.units[t].benchmark, percent(float(run.now[t])), percent(float(run.trajectory[t]))]
    if not with_ladder:
        return (*cells, *ends)
    original = [percent_range(*_at(run.original(level), t)) for level in levels.shown]
    cells += [percent(float(run.ladder[t])), *original, percent(float(run.together[t]))]
    return (*cells, *ends, _ANSWER[run.holds(t)])


def _at(ends: tuple[Floats, Floats], t: int) -> tuple[float, float]:
    return float(ends[0][t]), float(ends[1][t])


def _known(run: InFlight) -> list[int]:
    return [int(t) for t in np.flatnonzero(np.isfinite(run.together))]


def _why(verdict: Verdict) -> str | None:
    return None if verdict.unjudged is None else str(verdict.unjudged)


def _checkpoint(result: Result, verdict: Verdict) -> CheckpointDocument:
    c = verdict.checkpoint
    return {
        "model": c.model,
        "family": c.family,
        "params": c.params,
        "tokens": c.tokens,
        "step": c.step,
        "p_value": _rounded(verdict.p_value),
        "flagged": verdict.flagged(result.fails_from),
        "unjudged": _why(verdict),
        "source": c.source or None,
        "line": c.line,
        "findings": [_finding(verdict, f) for f in verdict.findings],
        "accepted": [_finding(verdict, f) for f in verdict.accepted],
    }


def _finding(verdict: Verdict, finding: Finding) -> FindingDocument:
    ends = finding.interval
    return {
        "rule": finding.rule,
        "level": str(finding.level),
        "benchmark": finding.benchmark,
        "metric": finding.metric or None,
        "shots": finding.shots,
        "observed": _rounded(finding.observed),
        "expected": _rounded(finding.expected),
        "interval": None if ends is None else [_rounded(ends[0]), _rounded(ends[1])],
        "z": _rounded(finding.z),
        "p_value": _rounded(finding.p_value),
        "message": finding.message,
        "fingerprint": finding.fingerprint(verdict.checkpoint),
    }


def _in_flight(run: InFlight, levels: Levels) -> InFlightDocument:
    c = run.checkpoint
    return {
        "model": c.model,
        "family": c.family,
        "tokens": c.tokens,
        "final_tokens": _rounded(run.final_tokens),
        "benchmarks": [_in_flight_entry(run, t, levels) for t in _known(run)],
    }


def _in_flight_entry(run: InFlight, t: int, levels: Levels) -> FinalDocument:
    def kept(interval: Callable[[float], tuple[Floats, Floats]]) -> dict[str, list[float | None]]:
        ends = {percent_key(level): _at(interval(level), t) for level in levels.kept}
        return {name: [_rounded(low), _rounded(high)] for name, (low, high) in ends.items()}

    return {
        "benchmark": run.units[t].benchmark,
        "now": _rounded(float(run.now[t])),
        "trajectory": _rounded(float(run.trajectory[t])),
        "ladder": _rounded(float(run.ladder[t])),
        "original": kept(run.original),
        "forecast": _rounded(float(run.together[t])),
        "interval": kept(run.interval),
        "inside": _rounded(float(run.inside[t])),
        "holds": run.holds(t),
    }


def _rows(result: Result) -> Iterator[dict[str, Cell]]:
    for verdict in result.verdicts:
        for finding in verdict.findings or (None,):
            c = verdict.checkpoint
            ends = (finding and finding.interval) or (None, None)
            yield {
                "model": c.model,
                "family": c.family,
                "tokens": c.tokens,
                "step": c.step,
                "p_value": _rounded(verdict.p_value),
                "flagged": verdict.flagged(result.fails_from),
                "level": str(finding.level) if finding else None,
                "rule": finding.rule if finding else None,
                "benchmark": (finding.benchmark and subject(finding)) if finding else None,
                "observed": _rounded(finding.observed) if finding else None,
                "expected": _rounded(finding.expected) if finding else None,
                "low": _rounded(ends[0]),
                "high": _rounded(ends[1]),
                "z": _rounded(finding.z) if finding else None,
                "message": finding.message if finding else _why(verdict),
            }


def _rounded(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else float(f"{value:.6g}")
