"""Benchmarks that ask the same questions are one group, and nothing else is."""

import pytest

from scalepredict.evaluation.off_trend.own_past.siblings import has_labels, sibling_groups
from scalepredict.records.table import Unit


def grouped(*names: str) -> list[list[str]]:
    groups = sibling_groups([Unit(benchmark=name) for name in names])
    return [[n for n, inside in zip(names, group, strict=True) if inside] for group in groups]


def test_parts_and_translations_are_siblings() -> None:
    assert grouped(
        "cb_val", "piqa", "cb_test", "xnli_de", "xnli_fr", "hellaswag", "hellaswag_zh"
    ) == [
        ["cb_val", "cb_test"],
        ["piqa"],
        ["xnli_de", "xnli_fr"],
        ["hellaswag", "hellaswag_zh"],
    ]


def test_benchmarks_of_one_family_name_are_not() -> None:
    names = ("arc_easy", "arc_challenge", "mmlu", "mmlu_pro", "boolq", "copa", "is_it")
    assert grouped(*names) == [[name] for name in names]


def test_metrics_of_one_benchmark_are_siblings_and_shots_are_not() -> None:
    units = [
        Unit(benchmark="a", metric="acc", shots=0),
        Unit(benchmark="a", metric="acc_norm", shots=0),
        Unit(benchmark="a", metric="acc", shots=5),
    ]
    assert sibling_groups(units).tolist() == [[True, True, False], [False, False, True]]


@pytest.mark.parametrize(
    ("name", "labels"),
    [("boolq", True), ("glue_mrpc", True), ("wic-fr", True), ("piqa", False), ("arc_easy", False)],
)
def test_tasks_with_classes_are_known_by_the_ends_of_their_names(name: str, labels: bool) -> None:
    assert has_labels(name) is labels


@pytest.mark.parametrize(
    ("names", "together"),
    [
        (("mgsm_direct_de", "mgsm_direct_fr"), True),
        (("arc_de", "arc_challenge"), False),
        (("belebele_deu_Latn", "belebele_fra_Latn"), True),
        (("truthfulqa_mc1", "truthfulqa_mc2"), True),
        (("cb:val", "cb:test"), True),
        (("CB_val", "cb_Test"), True),
        (("copa", "copa_dev"), True),
        (("story_cloze", "story_writing"), False),
        (("lambada_openai", "lambada_standard"), False),
    ],
)
def test_names_tell_what_asks_the_same(names: tuple[str, str], together: bool) -> None:
    assert (len(grouped(*names)) == 1) is together


def test_a_language_alone_makes_no_group_of_one() -> None:
    """Without a second language `is` may be a word, as in `what_is`."""
    assert grouped("what_is", "what") == [["what_is", "what"]]
    assert grouped("what_is", "who") == [["what_is"], ["who"]]


def test_the_order_of_benchmarks_changes_no_group() -> None:
    names = ("xnli_de", "piqa", "xnli_fr", "cb_val", "cb_test")
    forward = {frozenset(group) for group in grouped(*names)}
    assert forward == {frozenset(group) for group in grouped(*names[::-1])}


def test_no_benchmarks_are_no_groups() -> None:
    assert sibling_groups([]).shape == (0, 0)
