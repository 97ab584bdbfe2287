"""Notes and columns are written as their types say, by every version of them."""

import pytest
from pydantic import TypeAdapter, ValidationError, with_config

from scalepredict.records.document_parts import DOCUMENT, ColumnDocument, NoteDocument
from scalepredict.records.notes import CODES, noted
from scalepredict.records.table import Unit
from scalepredict.records.units import column_document

NOTE = TypeAdapter(with_config(DOCUMENT)(NoteDocument))
COLUMN = TypeAdapter(with_config(DOCUMENT)(ColumnDocument))


def test_notes_of_every_code_are_documents() -> None:
    for code in CODES:
        document = noted(code, "text", subject="s").document()
        assert NOTE.validate_python(document) == document
        assert document["level"] in NOTE.json_schema()["properties"]["level"]["enum"]


def test_a_column_tells_what_is_recorded_of_it_and_nothing_else() -> None:
    whole = column_document(Unit(benchmark="b", metric="acc", shots=0, variant="v"))
    assert whole == {"benchmark": "b", "metric": "acc", "shots": 0, "variant": "v"}
    assert column_document(Unit(benchmark="b")) == {"benchmark": "b"}
    assert list(whole) == ["benchmark", "metric", "shots", "variant"]
    assert COLUMN.validate_python(whole) == whole


def test_a_field_that_the_type_does_not_have_is_refused() -> None:
    with pytest.raises(ValidationError, match="extra"):
        COLUMN.validate_python({"benchmark": "b", "task": "t"})
    assert "Name of the metric" in COLUMN.json_schema()["properties"]["metric"]["description"]
