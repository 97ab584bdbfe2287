"""A document that says what it may not is refused with its place and what is accepted."""

import pytest
from pydantic import BaseModel, ConfigDict, Field

from scalepredict.errors import ConfigError
from scalepredict.records.text.schema import Count, validated
from scalepredict.records.text.yaml_text import parse_yaml


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")
    share: float = Field(default=0.5, ge=0, le=1)
    names: tuple[str, ...] = ()


class Whole(BaseModel):
    model_config = ConfigDict(extra="forbid")
    size: Count = 1.0
    parts: dict[str, Part] = {}
    label: str = ""


def read(text: str, advice: str = "") -> Whole:
    return validated(parse_yaml(text, "w.yaml"), Whole, advice=advice)


def test_counts_have_suffixes_and_an_empty_file_has_the_defaults() -> None:
    made = read("size: 1.5B\nparts: {a: {share: 1, names: [x, y]}}\n")
    assert made.size == 1.5e9
    assert made.parts["a"] == Part(share=1.0, names=("x", "y"))
    assert read("") == Whole()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sise: 1\n", r"w.yaml:1:\d+: sise: unknown key; did you mean 'size'\?"),
        ("zzz: 1\n", "zzz: unknown key; known keys: size, parts, label."),
        ("parts: {a: {shar: 1}}\n", r"parts.a.shar: unknown key; did you mean 'share'\?"),
        ("parts:\n  a: {share: 2}\n", r"w.yaml:2:\d+: parts.a.share: .*less than or equal to 1"),
        ("parts: {a: {names: x}}\n", r"parts.a.names: 'x' is not a list; write it like"),
        ("parts: [1]\n", r"parts: .* is not a mapping of names"),
        ("label: [1]\n", "label: .* is not text; put it in quotes"),
        ("size: 1Q\n", "size: '1Q' is not a count"),
        ("size: [1]\n", r"size: \[1\] is not a count; write it like 70B"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_what_is_accepted(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        read(text)


def test_many_mistakes_are_counted_after_the_first_ten() -> None:
    with pytest.raises(ConfigError) as error:
        read("".join(f"unknown{i}: 1\n" for i in range(200)))
    lines = str(error.value).splitlines()
    assert len(lines) == 11
    assert lines[-1] == "w.yaml: 190 more mistakes."


def test_every_mistake_has_a_line_that_ends_in_the_advice() -> None:
    with pytest.raises(ConfigError) as error:
        read("size: 1Q\nlabel: [1]\n", advice="See the manual.")
    lines = str(error.value).splitlines()
    assert len(lines) == 2
    assert all(line.endswith("See the manual.") for line in lines)
