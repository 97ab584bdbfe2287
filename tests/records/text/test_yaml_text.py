"""YAML without its surprises: what looks like text is text, and every value knows its place."""

from pathlib import Path
from typing import Any

import pytest

from scalepredict.errors import ConfigError, RecordError
from scalepredict.records.text.yaml_text import MAX_DEPTH, load_yaml, parse_yaml


def value(text: str) -> Any:
    return parse_yaml(text, "f.yaml").value


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("off", "off"),
        ("1:30", "1:30"),
        ("2026-03-01", "2026-03-01"),
        ("0x10", "0x10"),
        ("0o17", "0o17"),
        (".nan", ".nan"),
        ("-.inf", "-.inf"),
        ("1_000", "1_000"),
        ("70B", "70B"),
        ("1e", "1e"),
        ("12e400x", "12e400x"),
        ("True", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("12", 12),
        ("+12", 12),
        ("-3", -3),
        ("012", 12),
        ("1.5", 1.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("6e24", 6e24),
        ("1E-3", 0.001),
        ("'12'", "12"),
        ('"no"', "no"),
        ("'null'", "null"),
        ("''", ""),
    ],
)
def test_a_plain_value_is_what_it_looks_like(written: str, read: object) -> None:
    found = value(f"key: {written}")["key"]
    assert (type(found), found) == (type(read), read)


def test_whole_numbers_are_exact_and_huge_ones_are_no_trap() -> None:
    assert value("123456789012345678901") == 123456789012345678901
    assert value("9" * 300) == int("9" * 300)
    assert value("9" * 10_000) == float("inf")


def test_blocks_of_text_are_text() -> None:
    assert value("a: |\n  12\nb: >\n  no\n  way\n") == {"a": "12\n", "b": "no way\n"}


def test_keys_are_text_whatever_they_look_like() -> None:
    assert value("1: a\nno: b\n2.50: c\n") == {"1": "a", "no": "b", "2.50": "c"}


def test_tags_make_no_objects() -> None:
    for text in ("!!python/object/apply:os.system [ls]", "a: !!python/name:os.system x"):
        found = value(text)
        assert isinstance(found, list | dict)


def test_every_value_has_its_line_and_column() -> None:
    document = parse_yaml("a:\n  - x\n  - b: 1\n    c: 2\n", "f.yaml")
    assert document.where("a", 1, "c") == "f.yaml:4:8"
    assert document.where("a", 0) == "f.yaml:2:5"
    assert document.where("a", 1, "missing") == "f.yaml:3:5"  # that of what should hold it
    assert document.line("a", 1, "b") == 3
    assert parse_yaml("", "f.yaml").where("a") == "f.yaml"
    assert parse_yaml("", "f.yaml").value is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", "f.yaml:3:1: duplicate key 'a', first at line 1; keep one"),
        ("- {x: 1, x: 2}\n", "f.yaml:1:10: duplicate key 'x', first at line 1"),
        ("? [1, 2]\n: a\n", "f.yaml:1:3: a key must be text"),
        ("a: [1, 2\n", "f.yaml:2:1: not valid YAML"),
        ("a: 'x\n", "f.yaml:2:1: not valid YAML"),
        ("a: b: c\n", "f.yaml:1:5: not valid YAML"),
        ("a: *nobody\n", "f.yaml:1:4: not valid YAML"),
        ("%TAG\n", "f.yaml:.*: not valid YAML"),
        ("[" * 60 + "]" * 60, "nested deeper than 50 levels; flatten it"),
        ("a: &a [*a]\n", "f.yaml"),
    ],
)
def test_a_fault_is_named_with_its_place(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        parse_yaml(text, "f.yaml")


def test_nesting_up_to_the_limit_is_read() -> None:
    found = value("[" * MAX_DEPTH + "1" + "]" * MAX_DEPTH)
    for _ in range(MAX_DEPTH):
        (found,) = found
    assert found == 1


def test_aliases_are_followed_and_cannot_grow_beyond_reason() -> None:
    assert value("a: &x {b: 1}\nc: *x\n") == {"a": {"b": 1}, "c": {"b": 1}}
    lines = ["l0: &l0 [1, 2, 3, 4, 5, 6, 7, 8, 9]"]
    lines += [f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 9)}]" for i in range(1, 9)]
    with pytest.raises(ConfigError, match="aliases repeat this more than 10 times over"):
        value("\n".join(lines))


def test_a_caller_may_name_its_own_error() -> None:
    with pytest.raises(RecordError, match="duplicate key"):
        parse_yaml("a: 1\na: 2\n", "f.yaml", error=RecordError)


def test_a_file_is_read_with_or_without_a_mark_of_its_encoding(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: \xc3\xa9\n")
    assert load_yaml(path).value == {"a": "é"}
    path.write_bytes("a: é\n".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"f.yaml: not UTF-8 text; save the file as UTF-8"):
        load_yaml(path)
    with pytest.raises(ConfigError, match=r"gone.yaml: cannot be read \(No such file"):
        load_yaml(tmp_path / "gone.yaml")
