"""Which models or tasks of a table of records are worth measuring? From records to a choice."""

from dataclasses import dataclass

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.evaluation.questions.selection import (
    ModelChoice,
    TaskChoice,
    select_models,
    select_tasks,
)
from scalepredict.predictors.observational.observational import Observational
from scalepredict.records.aggregate import to_benchmarks
from scalepredict.records.notes import Note, noted
from scalepredict.records.subset import known_names
from scalepredict.records.table import Checkpoint, EvalTable, Unit
from scalepredict.records.text.counts import count_of

COMPONENTS = 3  # as published; together they explain nearly all of the standard benchmarks


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ModelSelection:
    """Models to measure.

    Attributes:
        checkpoints: The chosen, in the order of the records.
        choice: Their rows among the candidates, and what they are worth.
        n_candidates: Models that could be chosen among, or that the law is wanted for.
        n_components: Components of the regression that they determine.
        notes: Of the capability space.
    """

    checkpoints: tuple[Checkpoint, ...]
    choice: ModelChoice
    n_candidates: int
    n_components: int
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TaskSelection:
    """Tasks that stand for a benchmark.

    Attributes:
        benchmark: Its name.
        units: The chosen tasks, in the order in which they were added.
        choice: What they cost.
        n_tasks: Tasks that were searched.
        n_models: Checkpoints that were measured on all of them.
        notes: What was left out, with counts.
    """

    benchmark: str
    units: tuple[Unit, ...]
    choice: TaskChoice
    n_tasks: int
    n_models: int
    notes: tuple[Note, ...]


def choose_models(
    table: EvalTable,
    count: int,
    *,
    components: int | None = None,
    standard: tuple[str, ...] = (),
    max_params: float | None = None,
    budget: float | None = None,
    seed: int = 0,
) -> ModelSelection:
    """Choose among the models of a table by their standard scores.

    Args:
        table: Models, with or without known compute.
        count: Most models to choose.
        components: Components of the regression; by default 3, or as many as there are.
        standard: Benchmarks that span the space; empty = those measured on most models.
        max_params: No larger models; one of unknown size is not chosen then.
        budget: Most parameters of the chosen models together; one of unknown size is not chosen.
        seed: Of the random sets that the choice is compared with.

    Raises:
        RefusedError: The records carry no space, or too few models are allowed.
    """
    benchmarks = to_benchmarks(table)
    rng = np.random.default_rng(seed)
    law = Observational(components=components, standard=standard).fit(benchmarks, rng=rng)
    width = components or min(COMPONENTS, law.coordinates.shape[1])
    left_out = set(law.left_out)
    candidates = [c for c in benchmarks.checkpoints if c.model not in left_out]
    params = np.array([np.nan if c.params is None else c.params for c in candidates])
    allowed = np.ones(len(candidates), dtype=bool)
    if max_params is not None:
        allowed = params <= max_params
    choice = select_models(
        law.coordinates[:, :width],
        count,
        allowed=allowed,
        cost=None if budget is None else params,
        budget=np.inf if budget is None else budget,
        rng=rng,
    )
    return ModelSelection(
        checkpoints=tuple(candidates[i] for i in choice.rows),
        choice=choice,
        n_candidates=len(candidates),
        n_components=width,
        notes=law.notes(),
    )


def choose_tasks(table: EvalTable, benchmark: str, count: int, *, seed: int = 0) -> TaskSelection:
    """Choose among the tasks of a benchmark.

    Only checkpoints that were measured on all tasks are read.

    Raises:
        RefusedError: There is no such benchmark, it has too few tasks, or too few models were
            measured on all of them.
    """
    names = tuple(dict.fromkeys(unit.benchmark for unit in table.units))
    known_names("benchmark", [benchmark], names)
    columns = [i for i, u in enumerate(table.units) if u.benchmark == benchmark and u.task]
    if count >= len(columns):
        raise RefusedError(
            f"{benchmark!r} has {count_of(len(columns), 'task')} in these records; a choice of "
            f"{count} leaves nothing out. Give records with its tasks or questions, or a smaller "
            "--tasks."
        )
    whole = to_benchmarks(table)
    score = whole.scores[:, [unit.benchmark for unit in whole.units].index(benchmark)]
    complete = np.isfinite(table.scores[:, columns]).all(axis=1) & np.isfinite(score)
    partly = int(np.isfinite(table.scores[:, columns]).any(axis=1).sum() - complete.sum())
    tasks = table.scores[complete][:, columns]
    numbers = {c.model: i for i, c in enumerate(table.checkpoints)}
    models = np.array([numbers[c.model] for c in table.checkpoints], dtype=int)[complete]
    choice = select_tasks(
        tasks,
        score[complete],
        models,
        count,
        size=table.flops[complete],
        rng=np.random.default_rng(seed),
    )
    text = f"not read: {count_of(partly, 'checkpoint')} without some of the tasks."
    return TaskSelection(
        benchmark=benchmark,
        units=tuple(table.units[columns[i]] for i in choice.columns),
        choice=choice,
        n_tasks=len(columns),
        n_models=int(complete.sum()),
        notes=(noted("tasks-lacking", text),) if partly else (),
    )
