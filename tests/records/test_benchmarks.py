"""YAML means what it looks like; benchmark metadata is found by any usual name."""

import pytest

from scalepredict.errors import ConfigError
from scalepredict.records.benchmarks import metadata_from, shipped_metadata
from scalepredict.records.metrics import Metric
from scalepredict.records.text.yaml_text import parse_yaml

ACC = Metric(name="acc", kind="choice")
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
        name: (entry.chance_of(ACC), entry.items_of(ACC))
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
    items = [task.n_items or 0 for task in mmlu.tasks.values()]
    assert (len(items), sum(items)) == (57, mmlu.n_items)


def test_a_users_file_overrides_field_by_field() -> None:
    own = metadata_from(parse_yaml("benchmarks: {ARC-C: {chance: 0.2}, mine: {suite: s}}", "f"))
    merged = shipped_metadata().overridden(own)
    arc, mine = merged.find("arc_challenge"), merged.find("mine")
    assert arc is not None
    assert mine is not None
    assert (merged.find("ARC-C"), arc.n_items) == (arc, 1172)
    assert (arc.chance_of(ACC), mine.suite, mine.chance_of(ACC)) == (0.2, "s", None)


def test_shipped_chance_belongs_to_the_kind_of_metric_that_it_is_of() -> None:
    shipped = shipped_metadata()
    levels = {
        metric: shipped.chance("arc_challenge", "", metric)
        for metric in ("", "acc_norm", "exact_match", "ndcg_at_10", "mcc", "main_score")
    }
    assert levels == {
        "": 0.25,
        "acc_norm": 0.25,
        "exact_match": 0.0,
        "ndcg_at_10": None,
        "mcc": 0.0,
        "main_score": None,
    }
    assert shipped.n_items("arc_challenge", "", "acc") == 1172
    assert shipped.n_items("arc_challenge", "", "ndcg_at_10") is None
    assert shipped.chance("gsm8k", "", "exact_match,strict-match") == 0
    assert shipped.n_items("gsm8k", "", "exact_match,strict-match") == 1319


def test_a_chance_can_be_given_by_metric_and_by_task() -> None:
    text = (
        "benchmarks:\n  musr:\n    chance: {acc: 0.35, f1: 0.2}\n"
        "    tasks: {murder: {chance: 0.5, n_items: 250}, team: 100}\n"
    )
    own = shipped_metadata().overridden(metadata_from(parse_yaml(text, "f")))
    assert own.chance("musr", "", "acc") == 0.35
    assert own.chance("musr", "", "f1") == 0.2
    assert own.chance("musr", "murder", "acc") == 0.5
    assert own.chance("musr", "team", "acc") == 0.35
    assert own.n_items("musr", "murder", "acc") == 250
    assert own.n_items("musr", "team", "acc") == 100
    assert own.chance("musr", "", "bleu") == 0  # by the metric


@pytest.mark.parametrize(
    ("name", "usual"),
    [
        ("arc_easy@0", "arc_easy"),
        ("arc_challenge:mc::olmes", "arc_challenge"),
        ("hellaswag_10shot", "hellaswag"),
        ("hellaswag-zeroshot", "hellaswag"),
        ("super_glue:boolq", "boolq"),
        ("ARC_c", "arc_challenge"),
        ("Obqa", "openbookqa"),
        ("lambada", "lambada_openai"),
    ],
)
def test_what_harnesses_put_around_a_name_does_not_count(name: str, usual: str) -> None:
    entry = shipped_metadata().find(name)
    assert entry is not None
    assert entry.name == usual


def test_a_near_miss_is_named() -> None:
    assert shipped_metadata().near("arc_chalenge") == "arc_challenge"
    assert shipped_metadata().near("my_own_suite") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{piqa: {tasks: [a, b]}}", "tasks"),
        ("{piqa: {aliases: 5}}", "aliases"),
        ("{piqa: {n_items: [5]}}", "not a count"),
        ("{piqa: {n_items: {a: 1}}}", "not a count"),
        ("{piqa: {chance: 1.5}}", "write a fraction"),
        ("{piqa: {chnace: 0.5}}", "did you mean 'chance'"),
        ("[piqa]", "benchmarks"),
    ],
)
def test_a_mistake_in_the_file_is_named(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=rf"f:1:.*{message}"):
        metadata_from(parse_yaml(f"benchmarks: {text}", "f"))


def test_one_name_for_two_benchmarks_is_refused() -> None:
    text = "benchmarks: {a_b: {chance: 0.5}, c: {aliases: [A-B]}}"
    with pytest.raises(ConfigError, match="'c' and 'a_b' share the name or alias 'ab'"):
        metadata_from(parse_yaml(text, "f"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "{piqa: {tasks: [a, b]}}",
            r"f:1:28: benchmarks.piqa.tasks: \['a', 'b'\] is not a mapping",
        ),
        ("{piqa: {aliases: 5}}", r"f:1:30: benchmarks.piqa.aliases: 5 is not a list"),
        ("{piqa: {n_items: [5]}}", r"benchmarks.piqa.n_items: \[5\] is not a count"),
        ("{piqa: {n_items: {a: 1}}}", r"benchmarks.piqa.n_items: \{'a': 1\} is not a count"),
        ("{piqa: {tasks: {a: many}}}", r"benchmarks.piqa.tasks.a.*'many' is not a count"),
        ("{piqa: {chanse: 0.5}}", r"f:1:29: .* unknown key; did you mean 'chance'\?"),
        ("{piqa: {chance: yes}}", r"benchmarks.piqa.chance.*'yes'; write a fraction"),
        ("{piqa: {chance: 1}}", r"benchmarks.piqa.chance.*1; write a fraction"),
        ("{c4: {asymptote: low}}", r"f:1:30: .*'low'; write E or LO..HI"),
        ("{c4: {asymptote: 1.7..1.4}}", r"'1.7..1.4'; write E or LO..HI"),
        ("{piqa: 3}", r"f:1:20: benchmarks.piqa: 3 is not a mapping of its fields"),
        ("[piqa]", r"benchmarks: \['piqa'\] is not a mapping of names"),
        ("{piqa: {suite: [a]}}", r"benchmarks.piqa.suite: \['a'\] is not text"),
    ],
)
def test_a_mistake_is_told_with_its_place_its_value_and_what_is_accepted(
    text: str, said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        metadata_from(parse_yaml(f"benchmarks: {text}", "f"))


@pytest.mark.parametrize(
    ("own", "chance", "n_items", "suite"),
    [
        ("{chance: 0.2}", 0.2, 1172, None),
        ("{n_items: 500}", 0.25, 500, None),
        ("{suite: mine}", 0.25, 1172, "mine"),
        ("{chance: 0.2, n_items: 500, suite: mine}", 0.2, 500, "mine"),
        ("{}", 0.25, 1172, None),
    ],
)
def test_what_a_user_says_goes_before_what_ships_and_the_rest_stays(
    own: str, chance: float, n_items: int, suite: str | None
) -> None:
    shipped = shipped_metadata()
    user = metadata_from(parse_yaml(f"benchmarks: {{ARC-C: {own}}}", "f"))
    for name in ("ARC-C", "arc_challenge"):
        entry = shipped.overridden(user).find(name)
        assert entry is not None
        assert (entry.chance_of(ACC), entry.items_of(ACC)) == (chance, n_items)
        assert suite is None or entry.suite == suite
    untouched = shipped.overridden(user).find("csqa")
    assert untouched == shipped.find("csqa")


def test_an_empty_file_changes_nothing() -> None:
    shipped = shipped_metadata()
    merged = shipped.overridden(metadata_from(parse_yaml("", "f")))
    assert merged.entries == shipped.entries
