"""The sidecar file: precedence, conflicts, patterns, and mistakes with their place."""

from pathlib import Path

import pytest

from scalepredict.errors import ConfigError, RecordError
from scalepredict.records.importers.harness.interface import Subject
from scalepredict.records.importers.names import guess_from_name
from scalepredict.records.importers.sidecar import Ladder, read_ladder, resolve


def ladder(tmp_path: Path, text: str, name: str = "ladder.yaml") -> Ladder:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return read_ladder(path)


def test_the_ladder_goes_before_the_file_and_the_file_before_the_name(tmp_path: Path) -> None:
    rules = ladder(tmp_path, "models:\n  - {match: 'acme/*', tokens: 3.8B}\n")
    subject = Subject(label="acme/a-200m", params=190_354_176, tokens=3.8e9)
    one = resolve(subject, "x.json", rules)
    assert one.sizes == {"params": 190_354_176, "tokens": 3.8e9}
    assert one.origin == {"params": "file", "tokens": "ladder"}
    assert "params is 190M by the file and 200M by the name" in str(one.warnings[0])


def test_ladder_and_file_more_than_five_percent_apart_are_refused(tmp_path: Path) -> None:
    rules = ladder(tmp_path, "models:\n  - {match: '*', params: 100M}\n")
    with pytest.raises(RecordError, match="100M by the ladder and 190M by the file"):
        resolve(Subject(label="a", params=190e6), "x.json", rules)
    assert resolve(Subject(label="a", params=104e6), "x.json", rules).sizes["params"] == 100e6


def test_the_first_matching_pattern_wins_by_name_revision_or_path(tmp_path: Path) -> None:
    rules = ladder(
        tmp_path,
        "models:\n"
        "  - {match: 'm@step*', family: revision}\n"
        "  - {match: '*/special/*', family: path}\n"
        "  - {match: 'm', family: name}\n",
    )
    assert resolve(Subject(label="m", revision="step1"), "x", rules).family == "revision"
    assert resolve(Subject(label="m"), "a/special/x", rules).family == "path"
    assert resolve(Subject(label="m"), "x", rules).family == "name"


def test_named_groups_are_read_as_counts(tmp_path: Path) -> None:
    rules = ladder(tmp_path, "models:\n  - match: 're:-P(?P<params>[^-]+)-T(?P<tokens>[^-/]+)'\n")
    one = resolve(Subject(label="iso-F3e17-P4.6M-T3.012B"), "x.json", rules)
    assert (one.sizes["params"], one.sizes["tokens"]) == (4.6e6, 3.012e9)
    assert one.sizes["flops"] == 3e17
    assert one.origin == {"params": "ladder", "tokens": "ladder", "flops": "name"}


def test_tokens_come_from_the_step_of_the_revision(tmp_path: Path) -> None:
    rules = ladder(
        tmp_path,
        "defaults: {tokens_per_step: 2M}\nmodels:\n  - {match: '*', tokens_from: step}\n",
    )
    one = resolve(Subject(label="m-1b", revision="stage2-step21000-tokens45B"), "x", rules)
    assert one.sizes["tokens"] == 42e9


def test_swapped_active_and_total_parameters_are_found(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"ladder.yaml:2:.*active parameters.*swapped"):
        ladder(tmp_path, "models:\n  - {match: '*', params: 37B, params_active: 671B}\n")


def test_an_unknown_key_is_named_with_its_place_and_the_closest_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"ladder.yaml:3:\d+: models\[0\].toknes: .*'tokens'"):
        ladder(tmp_path, "models:\n  - match: '*'\n    toknes: 3B\n")


@pytest.mark.parametrize("value", ["70Bn", "-3B", "no", "1:30", "[1]"])
def test_what_is_no_count_is_refused_with_its_place(tmp_path: Path, value: str) -> None:
    with pytest.raises(ConfigError, match=r"ladder.yaml:3:\d+: models\[0\].params"):
        ladder(tmp_path, f"models:\n  - match: '*'\n    params: {value}\n")


def test_a_broken_regular_expression_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no regular expression"):
        ladder(tmp_path, "models:\n  - match: 're:(unclosed'\n")


def test_the_json_of_olmo_ladder_is_read_as_it_is(tmp_path: Path) -> None:
    text = (
        '{"190M": {"paths": ["data/190M-1xC.csv"], "mode": "train", "n": 190354176,'
        ' "flops": 1903391232, "label": "190M"},'
        ' "7B": {"paths": ["data/peteish7.csv"], "mode": "eval", "n": 6887575552, "flops": 5e10}}'
    )
    rules = ladder(tmp_path, text, "config.json")
    small = resolve(Subject(label="190M-1xC", tokens=3.8e9), "runs/data/190M-1xC.csv", rules)
    assert small.sizes["params"] == 190354176
    assert small.sizes["flops"] == 1903391232 * 3.8e9
    assert (small.params_kind, small.role) == ("non_embedding", "fit")
    assert resolve(Subject(label="p"), "runs/data/peteish7.csv", rules).role == "holdout"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("EleutherAI/pythia-410m", {"params": 410e6}),
        ("step143000", {"step": 143000}),
        ("190M-1xC", {"params": 190e6, "tokens": 3.8e9}),
        ("mixtral-8x7B", {}),
        ("global_step1000", {"step": 1000}),
        ("checkpoint-14676", {"step": 14676}),
        ("stage2-ingredient3-step21000-tokens45B", {"step": 21000, "tokens": 45e9}),
        ("gpt2", {}),
    ],
)
def test_names_are_guessed_from(name: str, expected: dict[str, float]) -> None:
    assert guess_from_name(name) == expected


def test_active_parameters_of_the_ladder_and_total_of_the_file_are_compared(tmp_path: Path) -> None:
    rules = ladder(tmp_path, "models:\n  - {match: '*', params_active: 671B, tokens: 1T}\n")
    with pytest.raises(RecordError, match="params_active is 671B of 37B parameters"):
        resolve(Subject(label="m", params=37e9), "x", rules)
    one = resolve(Subject(label="m", params=1e12), "x", rules)
    assert one.sizes["flops"] == 6 * 671e9 * 1e12  # the others cost nothing


def test_tokens_of_the_step_and_of_the_file_must_agree(tmp_path: Path) -> None:
    rules = ladder(
        tmp_path, "defaults: {tokens_per_step: 2M}\nmodels:\n- {match: '*', tokens_from: step}\n"
    )
    with pytest.raises(RecordError, match="tokens is 2B by the ladder and 4B by the file"):
        resolve(Subject(label="m", step=1000, tokens=4e9), "x", rules)


def test_tokens_are_given_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"ladder.yaml:2:.*contradict each other"):
        ladder(tmp_path, "models:\n  - {match: '*', tokens: 1B, tokens_from: step}\n")


def test_two_counts_in_a_name_are_a_doubt_only_where_no_file_tells_the_size() -> None:
    def codes(label: str, params: float | None = None) -> list[str]:
        one = resolve(Subject(label=label, params=params), "x.json", Ladder())
        return [note.code for note in one.warnings]

    assert codes("lad-1b-data3-300b") == ["size-ambiguous"]
    assert "size-ambiguous" not in codes("lad-1b-data3-300b", params=1e9)
    assert codes("lad") == codes("lad-1b") == []
