"""Which checkpoints are evidence for a fit? By default the last one of each model.

Earlier checkpoints lie at a higher learning rate, off the trend of finished runs, so they are left
out unless they are asked for. Whatever is left out is said, with a count.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.records.notes import Note, noted
from scalepredict.records.pooling import with_pooled_answers
from scalepredict.records.table import Bools, Checkpoint, EvalTable, Floats, make_table
from scalepredict.records.text.counts import count_of, listed


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointChoice:
    """Which checkpoints of a model count.

    Attributes:
        last: How many of the latest, averaged into one; ``None`` = all, each by itself.
        pooled: Whether their answers to tasks and questions are added up rather than averaged.
    """

    last: int | None = 1
    pooled: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``last``, ``mean-last-K``, ``pool-last-K`` (K of 1 or more) or ``all``.

        Raises:
            RefusedError: It is none of these.
        """
        if text in ("last", "all"):
            return cls(last=1 if text == "last" else None)
        match = re.fullmatch(r"(mean|pool)-last-([1-9]\d{0,5})", text)
        if match is None:
            raise RefusedError(
                f"{text!r} is no choice of checkpoints; write last, all, mean-last-K such as "
                "mean-last-3, or pool-last-K (for questions with trials)."
            )
        return cls(last=int(match[2]), pooled=match[1] == "pool")


LAST = CheckpointChoice(last=1)
ALL = CheckpointChoice(last=None)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Selection:
    """The evidence.

    Attributes:
        table: Checkpoints to fit, all with params, tokens and FLOPs unless these are not needed.
        anchors: Checkpoints of role ``anchor`` (measured, but of another recipe or use).
        notes: What was chosen and left out, with counts.
    """

    table: EvalTable
    anchors: EvalTable
    notes: tuple[Note, ...]


def select_evidence(
    table: EvalTable,
    *,
    choice: CheckpointChoice = LAST,
    phases: frozenset[str] | None = None,
    needs_compute: bool = True,
) -> Selection:
    """Choose the checkpoints of role ``fit`` that a method may see.

    Args:
        table: All records.
        choice: Which checkpoints of each model.
        phases: Keep only these phases of the schedule; ``None`` = any.
        needs_compute: Leave out checkpoints without params, tokens and FLOPs.
    """
    notes: list[Note] = []
    anchors = table.take_rows(_mask(c.role == "anchor" for c in table.checkpoints))
    for role in ("holdout", "target", "anchor"):
        count = sum(c.role == role for c in table.checkpoints)
        if count:
            text = f"evidence: {count_of(count, 'checkpoint')} of role {role} not fitted."
            notes.append(noted("roles-left-out", text))
    kept = table.take_rows(_mask(c.role == "fit" for c in table.checkpoints))
    if phases is not None:
        kept = _of_phases(kept, phases, notes)
    if needs_compute:
        kept = _with_compute(kept, notes)
    measured = np.any(np.isfinite(kept.scores) | np.isfinite(kept.task_loss), axis=1)
    measured &= np.isfinite(kept.scores).any()  # losses alone make no forecast of a score
    chosen = _latest(kept.take_rows(measured), choice, notes)
    _note_unscored(chosen, notes)
    if len(chosen.checkpoints) == 1 < int(measured.sum()):
        text = (
            f"one run ({chosen.checkpoints[0].model}): its last checkpoint alone is no ladder. Use "
            "--checkpoints all to fit its course, or `scalepredict check` to watch it."
        )
        notes.append(noted("run-alone", text))
    return Selection(table=chosen, anchors=anchors, notes=tuple(notes))


def why_no_evidence(table: EvalTable) -> str:
    """Why none of the checkpoints of a table can be fitted, and what to record."""
    lacking = [
        f"{count} without {name}"
        for name in ("params", "tokens", "flops")
        if (count := int(np.isnan(getattr(table, name)).sum()))
    ]
    other = sum(c.role != "fit" for c in table.checkpoints)
    lacking += [f"{other} of a role that is not fitted"] if other else []
    sized = np.isfinite(table.params).any() and not np.isfinite(table.flops).any()
    advice = " If all of them saw the same data, say how much: --tokens 1T." if sized else ""
    return (
        f"none of {count_of(len(table.checkpoints), 'checkpoint')} can be fitted "
        f"({', '.join(lacking) or 'none has a score'}). Each needs a score, two of the columns "
        f"params, tokens and flops, and the role `fit` or none.{advice}"
    )


def _note_unscored(table: EvalTable, notes: list[Note]) -> None:
    scored = np.flatnonzero(np.isfinite(table.scores).any(axis=0))
    have = {table.units[i].benchmark for i in scored}
    lacking = [name for name in table.benchmarks if name not in have]
    if lacking and table.checkpoints:
        notes.append(
            noted(
                "scores-none",
                f"evidence: no score of {count_of(len(lacking), 'benchmark')}, so no forecast: "
                f"{listed(lacking)}.",
            )
        )


def _of_phases(table: EvalTable, phases: frozenset[str], notes: list[Note]) -> EvalTable:
    inside = _mask(c.phase in phases for c in table.checkpoints)
    present = sorted({c.phase or "(none)" for c in table.checkpoints})
    if not inside.any():
        raise RefusedError(
            f"no checkpoint is of phase {', '.join(sorted(phases))}; the records have "
            f"{', '.join(present) or 'none'}."
        )
    if not inside.all():
        left_out = count_of(int((~inside).sum()), "checkpoint")
        notes.append(noted("phases-left-out", f"evidence: {left_out} of other phases left out."))
    return table.take_rows(inside)


def _with_compute(table: EvalTable, notes: list[Note]) -> EvalTable:
    complete = np.isfinite(table.params) & np.isfinite(table.tokens) & np.isfinite(table.flops)
    lacking = len(complete) - int(complete.sum())
    if lacking:
        notes.append(
            noted(
                "compute-left-out",
                f"evidence: {lacking} of {count_of(len(complete), 'checkpoint')} left out, because "
                "params, or tokens and FLOPs, are not recorded.",
            )
        )
    return table.take_rows(complete)


def _latest(table: EvalTable, choice: CheckpointChoice, notes: list[Note]) -> EvalTable:
    by_model = _rows_by_model(table)
    if choice.last is None:
        notes.append(
            noted(
                "checkpoints-chosen",
                f"evidence: all {count_of(len(table.checkpoints), 'checkpoint')} of "
                f"{count_of(len(by_model), 'model')}; earlier ones lie off the trend of finished "
                "runs.",
            )
        )
        return table
    groups = [rows[-choice.last :] for rows in by_model.values()]
    left_out = len(table.checkpoints) - sum(map(len, groups))
    how = "answers pooled over" if choice.pooled else "mean of"
    what = "last checkpoint" if choice.last == 1 else f"{how} the last {choice.last} checkpoints"
    tail = f" ({count_of(left_out, 'earlier checkpoint')} left out)" if left_out else ""
    said = f"evidence: {what} of each of {count_of(len(groups), 'model')}{tail}."
    notes.append(noted("checkpoints-chosen", said))
    short = sum(len(rows) < choice.last for rows in groups)
    if short:
        notes.append(
            noted(
                "checkpoints-few",
                f"evidence: {count_of(short, 'model has', 'models have')} fewer than {choice.last} "
                "checkpoints.",
            )
        )
    lost = _lost_benchmarks(table, groups)
    if lost:
        notes.append(
            noted(
                "scores-left-out",
                f"evidence: {count_of(lost, 'score')} of units that were measured only at earlier "
                "checkpoints of a model left out with them.",
            )
        )
    if choice.last == 1:
        return table.take_rows(np.array([rows[-1] for rows in groups], dtype=int))
    averaged = _averaged(table, groups)
    return with_pooled_answers(averaged, table, groups) if choice.pooled else averaged


def _rows_by_model(table: EvalTable) -> dict[tuple[str, str], list[int]]:
    groups: dict[tuple[str, str], list[int]] = {}
    for i, c in enumerate(table.checkpoints):
        groups.setdefault((c.family, c.model), []).append(i)

    def age(i: int) -> tuple[float, float, str]:
        c = table.checkpoints[i]
        return (c.flops or 0.0, c.step or 0.0, c.phase)

    return {model: sorted(rows, key=age) for model, rows in groups.items()}


def _lost_benchmarks(table: EvalTable, groups: list[list[int]]) -> int:
    measured = np.isfinite(table.scores)
    models = {(c.family, c.model): i for i, c in enumerate(table.checkpoints)}
    number = {model: i for i, model in enumerate(models)}
    code = np.array([number[c.family, c.model] for c in table.checkpoints], dtype=int)
    ever = np.zeros((len(number), measured.shape[1]), dtype=bool)
    np.logical_or.at(ever, code, measured)
    late = np.zeros_like(ever)
    rows = np.array([i for group in groups for i in group], dtype=int)
    np.logical_or.at(late, code[rows], measured[rows])
    return int((ever & ~late).sum())


def _averaged(table: EvalTable, groups: list[list[int]]) -> EvalTable:
    def mean(values: Floats) -> Floats:
        return np.array([_mean_of_measured(values[rows]) for rows in groups]).reshape(
            len(groups), values.shape[1]
        )

    return make_table(
        [_with_mean_loss([table.checkpoints[i] for i in rows]) for rows in groups],
        table.units,
        mean(table.scores),
        # The checkpoints answered the same questions: averaging them adds no items.
        n_items=mean(table.n_items),
        stderr=mean(table.stderr),
        task_loss=mean(table.task_loss),
    )


def _mean_of_measured(values: Floats) -> Floats:
    known = np.isfinite(values)
    count = known.sum(axis=0)
    total = np.where(known, values, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _with_mean_loss(checkpoints: list[Checkpoint]) -> Checkpoint:
    losses = [c.loss for c in checkpoints if c.loss is not None]
    return replace(checkpoints[-1], loss=sum(losses) / len(losses) if losses else None)


def _mask(values: Iterable[bool]) -> Bools:
    return np.array(list(values), dtype=bool)
