"""Which names can be seen?"""

import pytest

from scalepredict.records.text.visible import is_visible


@pytest.mark.parametrize("name", ["a", "7", "_", "–", "模型", "e\u0301", "\u200ba", "🙂", "\u0439"])
def test_a_name_with_one_character_that_is_drawn_is_visible(name: str) -> None:
    assert is_visible(name)


@pytest.mark.parametrize(
    "name", ["\u200b", "\ufeff\u2060", "\u00ad", "\u3164", "\u2800", "\u0301", "\u202e"]
)
def test_a_name_that_is_drawn_as_nothing_is_not(name: str) -> None:
    assert not is_visible(name)
