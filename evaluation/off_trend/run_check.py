"""What does a whole check find? Verdicts on new checkpoints, and where running runs will end."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from scalepredict.evaluation.intervals.calibration import Calibration
from scalepredict.evaluation.off_trend.in_flight import InFlight, forecast_final
from scalepredict.evaluation.off_trend.ladders.against_ladder import (
    FINISHED,
    Ladder,
    LadderOutcome,
    against_ladder,
    is_finished,
    level_ladder,
    sibling_ladder,
    stored_ladders,
)
from scalepredict.evaluation.off_trend.ladders.against_trajectory import Trajectories
from scalepredict.evaluation.off_trend.ladders.ceilings import ladder_ceiling, public_ceiling
from scalepredict.evaluation.off_trend.ladders.off_rung import off_rung
from scalepredict.evaluation.off_trend.own_past.next_score import MIN_POINTS, WINDOW
from scalepredict.evaluation.off_trend.own_past.runs import Run
from scalepredict.evaluation.off_trend.rules.gate import Gate
from scalepredict.evaluation.off_trend.rules.scene import Evidence
from scalepredict.evaluation.off_trend.rules.verdicts import Accepted, Level, Verdict
from scalepredict.evaluation.off_trend.walk_runs import gather, off_trend
from scalepredict.predictors import registry
from scalepredict.predictors.fit_families import Fit
from scalepredict.predictors.interface import Predictor
from scalepredict.predictors.scale.schedule import recorded_end
from scalepredict.records.notes import Note, noted
from scalepredict.records.table import ASSUMED_ITEMS, Bools, EvalTable, Floats
from scalepredict.records.text.counts import count_of, listed

QUICK = "trend"  # some milliseconds for a ladder of siblings, and nearly the power of the default


class Status(StrEnum):
    """The answer in a word."""

    ON_TREND = "on-trend"
    OFF_TREND = "off-trend"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What models are compared with besides their own past.

    Attributes:
        ladders: Fitted ladders by family; empty = made from sibling sizes in the records.
        predictor: The method for ladders of siblings.
        quick: The method where many such ladders are needed: at every checkpoint without a past.
        calibration: Its interval constants.
        final_tokens: Tokens at which runs in progress end; None = as the ladder's own models.
    """

    ladders: Mapping[str, Ladder]
    predictor: Predictor
    quick: Predictor
    calibration: Calibration
    final_tokens: float | None = None

    @classmethod
    def of(
        cls, fit: Fit | None, calibration: Calibration, *, final_tokens: float | None = None
    ) -> "Comparison":
        """With the ladders of a fit, or with those that are made of siblings by default."""
        return cls(
            ladders={} if fit is None else stored_ladders(fit, calibration),
            predictor=registry.predictor_type(registry.DEFAULT)(),
            quick=registry.predictor_type(QUICK)(),
            calibration=calibration,
            final_tokens=final_tokens,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Check:
    """The result.

    Attributes:
        verdicts: One for each new checkpoint, run by run in the order of training.
        in_flight: Forecasts of runs in progress.
        notes: What was assumed or left out, with counts.
    """

    verdicts: tuple[Verdict, ...]
    in_flight: tuple[InFlight, ...]
    notes: tuple[Note, ...]

    @property
    def should_stop(self) -> bool:
        """Whether a training loop had better stop and look: there is an error."""
        return self.status(Level.ERROR) is Status.OFF_TREND

    def status(self, fails_from: Level) -> Status:
        """Off trend if a finding is of that level or above, inconclusive if nothing was judged."""
        if any(v.flagged(fails_from) for v in self.verdicts):
            return Status.OFF_TREND
        if all(v.p_value is None for v in self.verdicts):
            return Status.INCONCLUSIVE
        return Status.ON_TREND


def check(
    table: EvalTable,
    new: Bools,
    *,
    gate: Gate,
    comparison: Comparison,
    accepted: Collection[Accepted] = (),
) -> Check:
    """Check the new checkpoints of a table against all others.

    Args:
        table: New checkpoints and history, with tasks.
        new: Which rows are checked. Shape (M,).
        gate: What is checked and how strictly.
        comparison: The ladder.
        accepted: Findings that the user accepts.
    """
    evidence = gather(table, gate, new=new)
    ladders = _ladders(evidence, new, comparison)
    evidence = replace(evidence, ceiling=ceilings(evidence, ladders, comparison))
    sides = [gate.level_of(f"off-ladder-{side}") for side in ("low", "high")]
    if set(sides) != {Level.OFF}:
        finished = _finished_outcomes(evidence, ladders, gate)
        first = _first_outcomes(evidence, new, comparison, gate)
        evidence = replace(evidence, ladder=first | finished)
    evidence = replace(evidence, trajectory=_trajectories(evidence, new, comparison, gate))
    verdicts = off_trend(evidence, gate, new=new, accepted=accepted)
    chosen = [row for row in verdicts if new[row]]
    in_flight = _in_flight(evidence, new, ladders, comparison, gate)
    notes = [*_notes(evidence, new, verdicts, comparison), *_off_rungs(ladders, comparison)]
    if in_flight and not comparison.final_tokens:
        text = (
            f"{count_of(len(in_flight), 'model')} taken to be in flight, because the ladder's "
            "models of that size have seen more tokens; --until tells where a run ends."
        )
        notes.append(noted("in-flight", text))
    return Check(
        verdicts=tuple(verdicts[row] for row in chosen),
        in_flight=tuple(in_flight),
        notes=tuple(notes),
    )


def ceilings(evidence: Evidence, ladders: Mapping[int, Ladder], comparison: Comparison) -> Floats:
    """Most that others let expect at each checkpoint of the walked runs; inf = unknown. (M, T).

    Args:
        evidence: As gathered.
        ladders: By a row of their run; runs without one are bounded by public models.
        comparison: Where the runs end.
    """
    found = evidence.ceiling.copy()
    table, quality = evidence.table, evidence.quality
    for run in evidence.walked:
        if not np.isfinite(run.log_params):
            continue
        ladder = next((ladders[row] for row in run.rows.tolist() if row in ladders), None)
        if ladder is None:
            found[run.rows] = public_ceiling(table, quality, run)
            continue
        end = comparison.final_tokens or ladder.tokens_at(run.family, float(np.exp(run.log_params)))
        end = np.fmax(end, np.nanmax(table.tokens[run.rows], initial=0.0))
        if end > 0:
            found[run.rows] = ladder_ceiling(table, quality, run, ladder, final_tokens=float(end))
    return found


def _ladders(evidence: Evidence, new: Bools, comparison: Comparison) -> dict[int, Ladder]:
    # The ladder of the latest new checkpoint of each run, by its row.
    found = {}
    for run in evidence.walked:
        rows = [int(row) for row in run.rows if new[row]]
        if not rows:
            continue
        row = rows[-1]
        if comparison.ladders:
            ladder = _stored(run, comparison.ladders)
        else:
            ladder = sibling_ladder(
                evidence.table,
                row,
                comparison.predictor,
                comparison.calibration,
            )
        if ladder is not None:
            found[row] = ladder
    return found


def _off_rungs(ladders: Mapping[int, Ladder], comparison: Comparison) -> list[Note]:
    # What models are compared with may be off itself.
    seen = {
        (family, tuple(c.model for c in ladder.group.evidence.checkpoints)): ladder
        for ladder in ladders.values()
        for family in ladder.group.families
    }
    notes: dict[Note, None] = {}
    for (family, _), ladder in seen.items():
        evidence = ladder.group.evidence.of_family(family)
        evidence = evidence.take_rows(np.isfinite(evidence.flops))
        rung = off_rung(evidence, comparison.predictor, comparison.calibration)
        if rung is not None:
            notes[noted("off-ladder", rung.sentence(), subject=f"family {family!r}")] = None
    return list(notes)


def _stored(run: Run, ladders: Mapping[str, Ladder]) -> Ladder | None:
    ladder = ladders.get(run.family)
    if ladder is None and len({id(one.group) for one in ladders.values()}) == 1:
        ladder = next(iter(ladders.values()))  # a file of one family need not repeat its name
    return ladder


def _finished_outcomes(
    evidence: Evidence, ladders: Mapping[int, Ladder], gate: Gate
) -> dict[int, LadderOutcome]:
    outcomes = {}
    for row, ladder in ladders.items():
        seen = {(c.model, c.tokens) for c in ladder.group.evidence.checkpoints}
        checkpoint = evidence.table.checkpoints[row]
        evident = (checkpoint.model, checkpoint.tokens) in seen
        if not evident and is_finished(evidence.table, row, ladder):
            outcome = against_ladder(
                evidence.table, row, ladder, alpha=gate.alpha, one_sided=gate.one_sided
            )
            if outcome is not None:
                outcomes[row] = outcome
    return outcomes


def _first_outcomes(
    evidence: Evidence, new: Bools, comparison: Comparison, gate: Gate
) -> dict[int, LadderOutcome]:
    # Checkpoints whose run has no past to speak of.
    outcomes = {}
    for run in evidence.walked:
        for k, row in enumerate(run.rows.tolist()):
            near = (run.log_tokens[:k] >= run.log_tokens[k] - WINDOW).sum()
            if not new[row] or near >= MIN_POINTS:
                continue
            ladder = level_ladder(evidence.table, row, comparison.quick, comparison.calibration)
            if ladder is None:
                continue
            outcome = against_ladder(
                evidence.table, row, ladder, alpha=gate.alpha, one_sided=gate.one_sided
            )
            if outcome is not None:
                outcomes[row] = outcome
    return outcomes


def _trajectories(
    evidence: Evidence, new: Bools, comparison: Comparison, gate: Gate
) -> dict[int, LadderOutcome]:
    if {gate.level_of(f"off-trajectory-{side}") for side in ("low", "high")} == {Level.OFF}:
        return {}
    trajectories = Trajectories(
        table=evidence.table,
        predictor=comparison.predictor,
        quick=comparison.quick,
        calibration=comparison.calibration,
        until=comparison.final_tokens,
        alpha=gate.alpha,
        one_sided=gate.one_sided,
    )
    chosen = {int(row) for row in np.flatnonzero(new) if row not in evidence.ladder}
    return {
        row: outcome
        for run in evidence.walked
        for row, outcome in trajectories.of_run(run, chosen).items()
    }


def _in_flight(
    evidence: Evidence,
    new: Bools,
    ladders: Mapping[int, Ladder],
    comparison: Comparison,
    gate: Gate,
) -> list[InFlight]:
    found = []
    seen: dict[tuple[str, str], float] = {}  # tokens of each model, whatever the phase
    for c in evidence.table.checkpoints:
        key = (c.family, c.model)
        seen[key] = max(seen.get(key, 0.0), c.tokens or 0.0)
    for run in evidence.walked:
        latest = int(run.rows[-1])
        checkpoint = evidence.table.checkpoints[latest]
        if not new[latest] or not checkpoint.tokens or not checkpoint.params:
            continue
        ladder = ladders.get(latest)
        end = comparison.final_tokens or recorded_end(evidence.table, run.rows) or np.nan
        if np.isnan(end) and ladder is not None:
            end = ladder.tokens_at(checkpoint.family, checkpoint.params)
        if not seen[run.family, run.model] < FINISHED * end:
            continue
        found.append(
            forecast_final(evidence, run, final_tokens=float(end), ladder=ladder, gate=gate)
        )
    return found


def _notes(
    evidence: Evidence, new: Bools, verdicts: Mapping[int, Verdict], comparison: Comparison
) -> list[Note]:
    notes = []
    families = {run.family for run in evidence.walked}
    strange = sorted(
        run.family
        for run in evidence.walked
        if comparison.ladders and _stored(run, comparison.ladders) is None
    )
    if strange:
        text = (
            f"not in the fit, so compared with their own past only: models of {len(set(strange))} "
            f"of {count_of(len(families), 'family', 'families')}, "
            f"{', '.join(dict.fromkeys(strange))}; the fit has {', '.join(comparison.ladders)}."
        )
        notes.append(noted("family-not-in-fit", text))
    if evidence.items_assumed:
        text = (
            f"neither n_items nor stderr recorded, {ASSUMED_ITEMS:.0f} answers assumed: "
            f"{listed(evidence.items_assumed)} ({len(evidence.items_assumed)} of "
            f"{count_of(len(evidence.table.units), 'benchmark')})."
        )
        notes.append(noted("items-assumed", text))
    unplaced = [row for row in np.flatnonzero(new) if row not in verdicts]
    if unplaced:
        text = (
            f"{count_of(len(unplaced), 'checkpoint')} without tokens and step, so without a place "
            "in a run; not judged."
        )
        notes.append(noted("unplaced", text))
    return notes
