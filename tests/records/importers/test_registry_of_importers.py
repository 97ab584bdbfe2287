"""Every format is known once, and the first that recognises a file reads it."""

from scalepredict.records.importers.harness.lm_eval import LmEval
from scalepredict.records.importers.harness.tensorboard import TensorBoard
from scalepredict.records.importers.registry import importers


def test_formats_have_names_of_their_own() -> None:
    kinds = [importer.kind for importer in importers()]
    assert len(set(kinds)) == len(kinds) >= 15
    assert all(kind == kind.lower() and " " not in kind for kind in kinds)


def test_the_most_common_format_is_asked_first_and_the_one_known_by_its_name_last() -> None:
    assert isinstance(importers()[0], LmEval)
    assert isinstance(importers()[14], TensorBoard)
    assert importers() is importers()
