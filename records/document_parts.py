"""What do notes and columns look like in a JSON document? Parts that every document shares."""

from typing import Annotated, NotRequired

from pydantic import ConfigDict, Field
from typing_extensions import TypedDict  # pydantic reads no other before Python 3.12

from scalepredict.records.notes import Level

DOCUMENT = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class NoteDocument(TypedDict):
    """What a user must know."""

    code: str
    """One of docs/notes.md; codes stay."""
    level: Annotated[str, Field(json_schema_extra={"enum": [*map(str, Level)]})]
    subject: str
    """What it is about; empty = the whole."""
    text: str
    """Words for people, which may change."""


# Documents that inherit a field see its description only here, not in a sentence below it.
class ColumnDocument(TypedDict):
    """What was measured."""

    benchmark: Annotated[
        str, Field(description="Name of the benchmark, or of the suite that is averaged.")
    ]
    metric: NotRequired[
        Annotated[str, Field(description="Name of the metric, where it is recorded.")]
    ]
    shots: NotRequired[
        Annotated[int, Field(ge=0, description="Examples in the prompt, where recorded.")]
    ]
    variant: NotRequired[
        Annotated[
            str, Field(description="Other settings in which columns of the benchmark differ.")
        ]
    ]
