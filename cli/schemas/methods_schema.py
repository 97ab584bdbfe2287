"""What does `methods --json` hold?"""

from typing import Literal

from pydantic import with_config
from typing_extensions import TypedDict

from scalepredict.records.document_parts import DOCUMENT


class MethodDocument(TypedDict):
    """One method."""

    name: str
    """What --predictor takes."""
    what: str
    """What it is, in a sentence."""
    formula: str
    """Empty where it has none of its own."""
    needs: str
    """What it reads, separated by commas: scores, compute, several families, questions."""
    fails_when: str


@with_config(DOCUMENT)
class MethodsDocument(TypedDict):
    """The methods that there are, those of installed plug-ins among them."""

    schema: Literal["scalepredict.methods/1"]
    methods: list[MethodDocument]
