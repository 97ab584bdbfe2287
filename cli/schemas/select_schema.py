"""What does `select --json` hold? One of three documents."""

from typing import Annotated, Literal

from pydantic import Field, with_config
from typing_extensions import TypedDict

from scalepredict.cli.schemas.schema_parts import AtLeastOne
from scalepredict.records.document_parts import DOCUMENT, NoteDocument


class ModelDocument(TypedDict):
    """A model to measure."""

    model: str
    family: str
    params: float | None
    flops: float | None


@with_config(DOCUMENT)
class ModelsDocument(TypedDict):
    """Models to measure."""

    schema: Literal["scalepredict.select/1"]
    models: list[ModelDocument]
    candidates: AtLeastOne
    components: AtLeastOne
    variance: float
    """Mean variance of the forecasts of all candidates, from the chosen models."""
    variance_of_everything: float
    """The same from all candidates."""
    variance_of_random_sets: float
    """Median of random sets of as many models."""
    notes: list[NoteDocument]


class ProbeDocument(TypedDict):
    """A benchmark to run, in the order in which they were added."""

    benchmark: str
    probes: AtLeastOne
    error: float
    """Median absolute error of the other scores of models left out, known on the probes so far."""
    random_error: float
    """The same for random benchmarks, the median."""


@with_config(DOCUMENT)
class ProbesDocument(TypedDict):
    """Benchmarks to run on a new model."""

    schema: Literal["scalepredict.select/1"]
    probes: list[ProbeDocument]
    of_benchmarks: AtLeastOne
    """Benchmarks that there are."""
    models: AtLeastOne
    unknown_error: float
    """The same where nothing is known of a model: the median of each benchmark."""
    notes: list[NoteDocument]


class TaskDocument(TypedDict):
    """A task to measure, in the order in which they were added."""

    task: str
    tasks: AtLeastOne
    error: float
    """Root mean squared error on unseen models with the tasks so far: where all tell their size,
    the largest quarter, what the line of the smaller half misses it by added in squares."""
    random_error: float
    """The same for random tasks, the median."""


@with_config(DOCUMENT)
class TasksDocument(TypedDict):
    """Tasks that stand for a benchmark."""

    schema: Literal["scalepredict.select/1"]
    benchmark: str
    tasks: list[TaskDocument]
    of_tasks: AtLeastOne
    """Tasks that there are."""
    checkpoints: AtLeastOne
    intercept: float
    slope: float
    """score = intercept + slope * mean of all chosen tasks."""
    spread: float
    """Standard deviation of the score over checkpoints: the error of no task."""
    notes: list[NoteDocument]


ABOUT = (
    "Models to measure, benchmarks to run on a new model, or tasks that stand for a benchmark; "
    "errors are fractions, variances in units of one score's noise."
)
SelectDocument = Annotated[
    ModelsDocument | ProbesDocument | TasksDocument, Field(description=ABOUT)
]
