"""How hard is each question for each model? Pass rates of one benchmark, models by compute.

The rows are tasks or questions, the columns the models in order of training FLOPs. Only a complete
matrix can be clustered, so questions and models that do not fit are left out, with a count.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.predictors.cod.cluster_law import FREE_CEILING_MODELS
from scalepredict.records.notes import Note, noted
from scalepredict.records.table import Bools, EvalTable, Floats, Ints
from scalepredict.records.text.counts import count_of, listed
from scalepredict.records.units import how_measured

MIN_MODELS = 3
MIN_QUESTIONS = 20  # two clusters of the smallest size
COMMON = 0.5  # a question counts as common if this share of the models answered it,
PRESENT = 0.8  # and a model takes part if it answered this share of the common questions
MANY_TRIALS = 40  # answers after which a question's own rate says something
ANCHOR = "anchor"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Difficulty:
    """Pass rates of n questions by d models, and by A anchors.

    Attributes:
        benchmark: Name of the benchmark.
        questions: Names, length n.
        chance: Score of a guesser, a fraction.
        rows: Rows of the models in the table. Shape (d,).
        flops: Training FLOPs, rising. Shape (d,).
        rates: Pass rates or graded probabilities. Shape (n, d).
        trials: Graded answers behind each rate; NaN = a graded score without noise. Shape (n, d).
        weights: Share of each question in the benchmark's score; sums to 1. Shape (n,).
        full: The benchmark's score. Shape (d,).
        anchor_rates: Pass rates of the anchors. Shape (n, A).
        anchor_full: The benchmark's score of the anchors. Shape (A,).
        anchor_trials: Graded answers behind that score; NaN = unknown. Shape (A,).
        notes: What was left out or assumed, with counts.
    """

    benchmark: str
    questions: tuple[str, ...]
    chance: float
    rows: Ints
    flops: Floats
    rates: Floats
    trials: Floats
    weights: Floats
    full: Floats
    anchor_rates: Floats
    anchor_full: Floats
    anchor_trials: Floats
    notes: tuple[Note, ...]

    @property
    def median_trials(self) -> float:
        """Graded answers behind a typical rate; infinite for graded scores without noise."""
        return float(np.median(np.where(np.isnan(self.trials), np.inf, self.trials)))

    @property
    def solved_by_none(self) -> Bools:
        """Questions that no model ever passed. Shape (n,)."""
        none: Bools = np.logical_not((self.rates > 0).any(axis=1))
        return none

    def up_to(self, cutoff: float) -> "Difficulty":
        """The same without larger models and without anchors, for a holdout."""
        below = self.flops <= cutoff
        return replace(
            self,
            rows=self.rows[below],
            flops=self.flops[below],
            rates=self.rates[:, below],
            trials=self.trials[:, below],
            full=self.full[below],
            anchor_rates=self.anchor_rates[:, :0],
            anchor_full=self.anchor_full[:0],
            anchor_trials=self.anchor_trials[:0],
        )


def read_difficulty(table: EvalTable, benchmark: str) -> Difficulty:
    """Arrange the tasks of one benchmark; rows of role ``anchor`` become anchors.

    Raises:
        RefusedError: There are no tasks, too few models or questions, or no common questions.
    """
    _refuse_several(table, benchmark)
    own = [i for i, u in enumerate(table.units) if u.shown == benchmark and not u.task]
    table, aggregate = _of_tasks(table, benchmark), table.scores[:, own[:1]]
    is_anchor = np.array([c.role == ANCHOR for c in table.checkpoints], dtype=bool)
    measured = np.isfinite(table.scores)
    fitted = np.flatnonzero(~is_anchor & np.isfinite(table.flops) & measured.any(axis=1))
    _need(len(fitted), benchmark)
    names = np.array([table.checkpoints[i].model for i in fitted])
    order = fitted[np.lexsort((names, table.flops[fitted]))]
    models, complete = _complete_block(measured[order], benchmark)
    notes = list(_left_out(table, order, models, complete, benchmark))
    order = order[models]
    kept = np.flatnonzero(complete)
    anchors = np.flatnonzero(is_anchor & measured[:, kept].all(axis=1))
    if left := int(is_anchor.sum() - len(anchors)):
        text = f"{count_of(left, 'anchor')} without some of the questions not used."
        notes.append(noted("anchors-unused", text, subject=benchmark))
    rates, trials = table.scores[np.ix_(order, kept)].T, table.n_items[np.ix_(order, kept)].T
    trials = _known_trials(rates, trials, benchmark, notes)
    weights = _weights(table.n_items[np.ix_(order, kept)])
    anchor_rates = table.scores[np.ix_(anchors, kept)].T
    return Difficulty(
        benchmark=benchmark,
        questions=tuple(table.units[i].task for i in kept),
        chance=_chance(float(table.chance[kept] @ weights), rates, trials, benchmark, notes),
        rows=order,
        flops=table.flops[order],
        rates=rates,
        trials=trials,
        weights=weights,
        full=_own_score(aggregate, order, weights @ rates),
        anchor_rates=anchor_rates,
        anchor_full=_own_score(aggregate, anchors, weights @ anchor_rates),
        anchor_trials=table.n_items[np.ix_(anchors, kept)].sum(axis=1),
        notes=tuple(notes),
    )


def _refuse_several(table: EvalTable, benchmark: str) -> None:
    columns = {u.shown: how_measured(u) for u in table.units if u.benchmark == benchmark}
    if len(columns) > 1 and benchmark not in columns:
        raise RefusedError(
            f"cod on {benchmark!r}: it is measured as {'; '.join(columns.values())}, which are "
            "columns of their own. Choose one with --metric or --shots."
        )


def _of_tasks(table: EvalTable, benchmark: str) -> EvalTable:
    names = [unit.task for unit in table.units]
    tasks = [i for i, u in enumerate(table.units) if u.shown == benchmark and u.task]
    if not tasks:
        raise RefusedError(
            f"cod on {benchmark!r}: the records hold only its total score. Give one row per "
            "question (column task, with score, or successes and trials)."
        )
    # In an order of their own, so that no draw depends on that of the rows: q2 before q10.
    return table.take_units(sorted(tasks, key=lambda i: (len(names[i]), names[i])))


def _need(n_models: int, benchmark: str) -> None:
    if n_models < MIN_MODELS:
        raise RefusedError(
            f"cod on {benchmark!r}: {count_of(n_models, 'model')} with questions and training "
            f"FLOPs; {MIN_MODELS} are needed, and {FREE_CEILING_MODELS} or more for a free "
            "ceiling. Add smaller models."
        )


def _complete_block(measured: Bools, benchmark: str) -> tuple[Ints, Bools]:
    # Models that answered most of what is common, and the questions that all of those answered.
    common = measured.mean(axis=0) >= COMMON
    share = measured[:, common].mean(axis=1) if common.any() else np.zeros(len(measured))
    models = np.flatnonzero(share >= PRESENT)
    complete: Bools = np.logical_and(measured[models].all(axis=0), len(models) > 0)
    if len(models) < MIN_MODELS or not complete.any():
        if not common.any():
            why = f"none of {measured.shape[1]} question ids occurs for half of the "
            why += count_of(len(measured), "model")
        elif len(models) < MIN_MODELS:
            shared = count_of(int(common.sum()), "question")
            why = f"{count_of(len(models), 'model')} answered {PRESENT:.0%} of the {shared} that "
            why += f"half of the {len(measured)} share"
        else:
            why = f"no question was answered by all {len(models)} models that share most of them"
        raise RefusedError(
            f"cod on {benchmark!r}: {why}. Question ids (column task) must be the same for all "
            "models."
        )
    if complete.sum() < MIN_QUESTIONS:
        raise RefusedError(
            f"cod on {benchmark!r}: {count_of(int(complete.sum()), 'question')} that all "
            f"{len(models)} models answered; {MIN_QUESTIONS} are needed. Use a predictor of total "
            "scores instead."
        )
    return models, complete


def _left_out(
    table: EvalTable, order: Ints, models: Ints, complete: Bools, benchmark: str
) -> Iterator[Note]:
    if len(models) < len(order):
        names = [table.checkpoints[i].model for i in np.delete(order, models)]
        yield noted(
            "models-left-out",
            f"{len(names)} of {len(order)} models left out for lack of more than "
            f"{1 - PRESENT:.0%} of the questions that the others share: {listed(names, most=3)}.",
            subject=benchmark,
        )
    measured = np.isfinite(table.scores[order[models]])
    lost = np.flatnonzero(measured.any(axis=0) & ~complete)
    if len(lost):
        names = [table.units[i].task for i in lost]
        yield noted(
            "questions-left-out",
            f"{len(names)} of {len(names) + int(complete.sum())} questions left out, because not "
            f"all {len(models)} models answered them: {listed(names, most=3)}.",
            subject=benchmark,
        )


def _known_trials(rates: Floats, trials: Floats, benchmark: str, notes: list[Note]) -> Floats:
    if np.isfinite(trials).all():
        return trials
    if np.isin(rates, (0.0, 1.0)).all():
        text = "scores are 0 or 1 without trials: one answer each assumed."
        notes.append(noted("answers-assumed", text, subject=benchmark))
        return np.ones_like(trials)
    text = "graded scores without trials: taken as exact, without sampling noise."
    notes.append(noted("answers-assumed", text, subject=benchmark))
    return np.full_like(trials, np.nan)


def _chance(
    declared: float, rates: Floats, trials: Floats, benchmark: str, notes: list[Note]
) -> float:
    # A level that many questions stay below is not theirs: probabilities of the right answer, or
    # answers that are written rather than chosen.
    if np.median(np.where(np.isnan(trials), np.inf, trials)) < MANY_TRIALS:
        return declared
    seen = float(np.quantile(rates.mean(axis=1), 0.1))
    if seen >= 0.8 * declared:
        return declared
    text = (
        f"chance level {seen:.3f} instead of {declared:.3f}, because a tenth of the questions "
        "score below that on the mean of all models."
    )
    notes.append(noted("chance-replaced", text, subject=benchmark))
    return seen


def _weights(n_items: Floats) -> Floats:
    # As records.aggregate.to_benchmarks: by item counts where all are known, else equal.
    known = bool(np.isfinite(n_items).all())
    raw = n_items.max(axis=0) if known else np.ones(n_items.shape[1])
    weights: Floats = raw / raw.sum()
    return weights


def _own_score(aggregate: Floats, rows: Sequence[int] | Ints, mean: Floats) -> Floats:
    # The benchmark's own aggregate wins where every one of the rows has it.
    if aggregate.shape[1] and len(rows) and np.isfinite(aggregate[rows, 0]).all():
        own: Floats = aggregate[rows, 0]
        return own
    return mean
