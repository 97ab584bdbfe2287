"""How is a choice of models or tasks shown? A table of the chosen, and what they are worth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scalepredict.cli.schemas.select_schema import (
    ModelDocument,
    ProbeDocument,
    SelectDocument,
    TaskDocument,
)
from scalepredict.cli.views.render import MISSING, Sheet, percent, spoken
from scalepredict.evaluation.questions.probes import Probes
from scalepredict.evaluation.questions.selecting import ModelSelection, TaskSelection
from scalepredict.predictors.observational.observational import FEWEST_SCORES
from scalepredict.records.text.counts import count_of, format_count


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectView:
    """The same choice in all forms."""

    sheet: Sheet
    rows: Sequence[Mapping[str, object]]
    document: SelectDocument


def models_view(selection: ModelSelection) -> SelectView:
    """Models to measure."""
    choice = selection.choice
    rows: list[ModelDocument] = [
        {"model": c.model, "family": c.family, "params": c.params, "flops": c.flops}
        for c in selection.checkpoints
    ]
    return SelectView(
        sheet=Sheet(
            title=f"{len(rows)} of {selection.n_candidates} models, for a law on "
            f"{count_of(selection.n_components, 'component')} of capability",
            header=("model", "family", "params", "FLOPs"),
            align="llrr",
            rows=tuple(
                (c.model, c.family, _count(c.params), _count(c.flops))
                for c in selection.checkpoints
            ),
            notes=(
                f"mean variance of a forecast, in noise of one score: {choice.variance:.2f}; "
                f"random sets of as many {choice.random:.2f}, all {selection.n_candidates} models "
                f"{choice.everything:.2f}",
                f"a law of a new benchmark needs its scores on {FEWEST_SCORES} models or more",
            ),
        ),
        rows=rows,
        document={
            "schema": "scalepredict.select/1",
            "models": rows,
            "candidates": selection.n_candidates,
            "components": selection.n_components,
            "variance": choice.variance,
            "variance_of_everything": choice.everything,
            "variance_of_random_sets": choice.random,
            "notes": [note.document() for note in selection.notes],
        },
    )


def probes_view(probes: Probes) -> SelectView:
    """Benchmarks to run."""
    rows: list[ProbeDocument] = [
        {"benchmark": unit.shown, "probes": i + 1, "error": float(e), "random_error": float(r)}
        for i, (unit, e, r) in enumerate(
            zip(probes.units, probes.error, probes.random, strict=True)
        )
    ]
    return SelectView(
        sheet=Sheet(
            title=f"{len(rows)} of {probes.n_benchmarks} benchmarks, to know the rest of a model "
            "card by",
            header=("added benchmark", "probes", "error", "random"),
            align="lrrr",
            rows=tuple(
                (unit.shown, str(i + 1), percent(float(e), digits=2), percent(float(r), digits=2))
                for i, (unit, e, r) in enumerate(
                    zip(probes.units, probes.error, probes.random, strict=True)
                )
            ),
            notes=(
                "error: points by which scores on the other benchmarks are missed (median "
                "absolute error) on models left out that are known on the probes so far; random: "
                f"on as many random benchmarks. Known on none it is "
                f"{percent(probes.unknown, digits=2)}.",
                f"from {count_of(probes.n_models, 'model')}",
            ),
        ),
        rows=rows,
        document={
            "schema": "scalepredict.select/1",
            "probes": rows,
            "of_benchmarks": probes.n_benchmarks,
            "models": probes.n_models,
            "unknown_error": probes.unknown,
            "notes": [],
        },
    )


def tasks_view(selection: TaskSelection) -> SelectView:
    """Tasks to measure."""
    choice = selection.choice
    rows: list[TaskDocument] = [
        {"task": unit.task, "tasks": i + 1, "error": float(error), "random_error": float(random)}
        for i, (unit, error, random) in enumerate(
            zip(selection.units, choice.error, choice.random, strict=True)
        )
    ]
    line = f"{percent(choice.intercept)} + {choice.slope:.3f} x their mean"
    return SelectView(
        sheet=Sheet(
            title=f"{len(rows)} of {selection.n_tasks} tasks that stand for {selection.benchmark}",
            header=("added task", "tasks", "error", "random"),
            align="lrrr",
            rows=tuple(
                (unit.task, str(i + 1), percent(error, digits=2), percent(random, digits=2))
                for i, (unit, error, random) in enumerate(
                    zip(selection.units, choice.error, choice.random, strict=True)
                )
            ),
            notes=(
                f"error: points by which the tasks so far miss the {selection.benchmark} score of "
                f"{choice.tested_on} that the search had not seen (root mean square); random: of "
                f"as many random tasks. Without tasks it is {percent(choice.spread, digits=2)}.",
                f"{selection.benchmark} = {line}; from "
                f"{count_of(selection.n_models, 'checkpoint')}",
                *spoken(selection.notes),
            ),
        ),
        rows=rows,
        document={
            "schema": "scalepredict.select/1",
            "benchmark": selection.benchmark,
            "tasks": rows,
            "of_tasks": selection.n_tasks,
            "checkpoints": selection.n_models,
            "intercept": choice.intercept,
            "slope": choice.slope,
            "spread": choice.spread,
            "notes": [note.document() for note in selection.notes],
        },
    )


def _count(value: float | None) -> str:
    return MISSING if value is None else format_count(value)
