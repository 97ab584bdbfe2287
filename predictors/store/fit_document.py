"""What does a fit file hold? The type of `scalepredict.fit/1`."""

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field, with_config
from typing_extensions import TypedDict

from scalepredict.records.document_parts import DOCUMENT, NoteDocument

Sha256 = Annotated[str, Field(pattern="^([0-9a-f]{64})?$")]


class InputDocument(TypedDict):
    """A file or folder that a fit was made from."""

    name: str
    sha256: Sha256


class ChoiceDocument(TypedDict, total=False):
    """The options that chose the evidence, as given; null or empty = not given."""

    families: list[str]
    checkpoints: str
    phases: list[str]
    metrics: list[str]
    shots: Annotated[int | None, Field(ge=0)]
    percent: bool
    answers: bool
    up_to_params: float | None
    up_to_flops: float | None
    benchmarks: str | None
    ladder: str | None
    tokens: Annotated[float | None, Field(gt=0)]
    without_compute: bool
    asymptotes: list[str]


class ProvenanceDocument(TypedDict):
    """What a fit was made from."""

    version: str
    seed: Annotated[int, Field(ge=0)]
    inputs: list[InputDocument]
    choice: ChoiceDocument


class PackedArray(TypedDict):
    """An empty or a large array: its shape, and its little-endian bytes in base64."""

    shape: list[Annotated[int, Field(ge=0)]]
    float32: NotRequired[Annotated[str, Field(json_schema_extra={"contentEncoding": "base64"})]]
    float64: NotRequired[Annotated[str, Field(json_schema_extra={"contentEncoding": "base64"})]]


StoredNumber = float | Literal["inf", "-inf"] | None
StoredArray = PackedArray | list[StoredNumber] | list[list[StoredNumber]]


class TableDocument(TypedDict):
    """The evidence: M checkpoints, T units, arrays of shape (M, T)."""

    checkpoints: list[dict[str, Any]]
    units: list[dict[str, Any]]
    scores: StoredArray
    n_items: StoredArray
    stderr: StoredArray
    task_loss: StoredArray


FALLING = "Of losses and the like; only where a benchmark keeps its own unit."


class LawDocument(TypedDict):
    """The law of a group, and those of its metrics in units of their own."""

    law: Annotated[
        dict[str, Any] | None,
        Field(description="Of fractions; null if there are none or they were refused."),
    ]
    falling: NotRequired[Annotated[dict[str, Any] | None, Field(description=FALLING)]]
    open_ended: NotRequired[
        Annotated[
            dict[str, Any] | None, Field(description="Of metrics without a bound, such as Elo.")
        ]
    ]
    refused: NotRequired[
        Annotated[str, Field(description="Why fractions have no law; empty if they have.")]
    ]


class GroupDocument(LawDocument):
    """The law of one family, or of several together."""

    families: Annotated[list[str], Field(min_length=1)]
    evidence: TableDocument


@with_config(DOCUMENT)
class FitDocument(TypedDict):
    """A stored fit.

    The fields of a law are those of its method. In numbers null is NaN, and "inf" and "-inf" are
    infinite; an empty array is {"shape": [...]}, and a large one has its little-endian bytes in
    base64 beside its shape, as float32 or float64.
    """

    schema: Literal["scalepredict.fit/1"]
    provenance: ProvenanceDocument
    predictor: Annotated[dict[str, Any], Field(json_schema_extra={"required": ["name"]})]
    """Its name and hyper-parameters."""
    refused: dict[str, str]
    """Why a family was not fitted."""
    notes: list[NoteDocument | str]
    """Version 0.1 wrote sentences."""
    calibration: dict[str, Any] | None
    """The user's own interval constants; null = those that ship."""
    groups: Annotated[list[GroupDocument], Field(min_length=1)]
