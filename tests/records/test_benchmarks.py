"""YAML means what it looks like; benchmark metadata is found by any usual name."""

import pytest

from scalepredict.errors import ConfigError
from scalepredict.records.benchmarks import metadata_from, shipped_metadata
from scalepredict.records.text.yaml_text import parse_yaml

PLAIN = {
    "no": "no", "1:30": "1:30", "012": 12, "6e24": 6e24, "1e9": 1e9, "1_000": "1_000",
    "0x10": "0x10",
    "2024-01-01": "2024-01-01", "true": True, "~": None, "'1'": "1", "-.5": -0.5, "+3": 3,
}  # fmt: skip


@pytest.mark.parametrize("text", PLAIN)
def test_a_plain_scalar_is_read_by_the_core_schema_of_yaml_1_2(text: str) -> None:
    value = parse_yaml(f"a: {text}", "f").value["a"]
    assert value == PLAIN[text]
    assert type(value) is type(PLAIN[text])


def test_every_value_has_its_position() -> None:
    document = parse_yaml("a:\n  - b: 1\n    c: [x, y]\n", "f.yaml")
    assert document.where("a", 0, "c", 1) == "f.yaml:3:12"
    assert document.where("a", 0, "missing") == "f.yaml:2:5"


def test_published_names_find_their_chance_and_items() -> None:
    shipped = shipped_metadata()
    found = {
        name: (entry.chance, entry.n_items)
        for name in ("ARC-C", "commonsense_qa", "csqa", "mmlu_anatomy", "hendrycksTest-anatomy")
        if (entry := shipped.find(name)) is not None
    }
    assert found == {
        "ARC-C": (0.25, 1172),
        "commonsense_qa": (0.2, 1221),
        "csqa": (0.2, 1221),
        "mmlu_anatomy": (0.25, 135),
        "hendrycksTest-anatomy": (0.25, 135),
    }
    assert shipped.find("a benchmark of my own") is None


def test_the_items_of_the_mmlu_subjects_add_up() -> None:
    mmlu = shipped_metadata().find("mmlu")
    assert mmlu is not None
    assert (len(mmlu.task_items), sum(mmlu.task_items.values())) == (57, mmlu.n_items)


def test_a_users_file_overrides_field_by_field() -> None:
    own = metadata_from(parse_yaml("benchmarks: {ARC-C: {chance: 0.2}, mine: {suite: s}}", "f"))
    merged = shipped_metadata().overridden(own)
    arc, mine = merged.find("arc_challenge"), merged.find("mine")
    assert arc is not None
    assert mine is not None
    assert (merged.find("ARC-C"), arc.n_items) == (arc, 1172)
    assert (arc.chance, mine.suite, mine.chance) == (0.2, "s", None)


def test_one_name_for_two_benchmarks_is_refused() -> None:
    text = "benchmarks: {a_b: {chance: 0.5}, c: {aliases: [A-B]}}"
    with pytest.raises(ConfigError, match="'c' and 'a_b' share the name or alias 'ab'"):
        metadata_from(parse_yaml(text, "f"))
