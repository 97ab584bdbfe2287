"""JSON of ours is read strictly, and what is wrong is said in the words of its caller."""

import pytest

from scalepredict.errors import ConfigError, StorageError
from scalepredict.records.text.json_text import parse_json


def test_a_document_keeps_its_values_and_its_name() -> None:
    document = parse_json(b'{"a": [1, 2.5, null], "b": "\xc3\xa9"}', "x.json")
    assert document.value == {"a": [1, 2.5, None], "b": "é"}
    assert document.source == "x.json"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"a": NaN}', "NaN is not a number in JSON"),
        (b'{"a": -Infinity}', "-Infinity is not a number"),
        (b'{"a": {"k": 1, "k": 2}}', "'k' is there twice"),
        (b'{"a": 1', "is not a JSON document"),
        (b'"\xff"', "is not a JSON document"),
        (b"[" * 200_000, "is not a JSON document"),
    ],
)
def test_what_is_no_document_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(ConfigError, match=rf"^x.json: .*{words}"):
        parse_json(content, "x.json")


def test_the_caller_chooses_the_error_and_the_advice() -> None:
    with pytest.raises(StorageError, match=r"\)\. Make it anew\.$"):
        parse_json(b"{", "x.json", advice="Make it anew.", error=StorageError)
