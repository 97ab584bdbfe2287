"""A wish for one benchmark must be met, a wish for all is met where it can be."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

import pytest

from scalepredict.errors import RecordError
from scalepredict.records.importers.choose import NO_CHOICE, Placed, choose_metrics
from scalepredict.records.importers.harness.interface import ImportedScore, Subject


def placed(benchmark: str, metric: str) -> Placed:
    return Placed(
        0,
        ImportedScore(
            subject=Subject(label="a"), benchmark=benchmark, metric=metric, score=0.5, source="f"
        ),
    )


SCORES = [placed("piqa", "acc"), placed("piqa", "acc_norm"), placed("squad", "f1")]


def chosen(metric: Mapping[str, str]) -> list[tuple[str, str]]:
    kept, _ = choose_metrics(SCORES, replace(NO_CHOICE, metric=metric), {})
    return [(p.score.benchmark, p.score.metric) for p in kept]


def test_a_wish_for_all_is_passed_over_where_it_cannot_be_met() -> None:
    assert chosen({"": "acc"}) == [("piqa", "acc"), ("squad", "f1")]
    assert chosen({"": "acc_norm", "piqa": "acc"}) == [("piqa", "acc"), ("squad", "f1")]


def test_a_wish_for_one_benchmark_that_it_does_not_have_is_refused_with_what_it_has() -> None:
    with pytest.raises(RecordError, match=r"piqa: no score with metric 'f1'; .* acc, acc_norm"):
        chosen({"piqa": "f1"})


ORDER = ("primary_score", "acc_norm", "acc", "accuracy", "exact_match", "em", "pass@1", "f1", "zz")


@pytest.mark.parametrize(("better", "worse"), list(pairwise(ORDER)), ids=" over ".join)
def test_the_metric_that_leaderboards_report_is_taken(better: str, worse: str) -> None:
    kept, (note,) = choose_metrics([placed("b", worse), placed("b", better)], NO_CHOICE, {})
    assert [p.score.metric for p in kept] == [better]
    assert (note.code, note.subject) == ("metric-taken", "b")
    assert note.text == f"{better} taken; also there: {worse}."


def test_a_metric_of_every_model_goes_before_a_better_one_of_some() -> None:
    """The others keep what they have, in a column of its own, and it is said."""
    both = [placed("b", "acc_norm"), placed("b", "acc")]
    other = [Placed(k, item.score) for k in (1, 2) for item in both[1:]]
    kept, notes = choose_metrics([*both, *other], NO_CHOICE, {})
    assert [(p.checkpoint, p.score.metric) for p in kept] == [(0, "acc"), (1, "acc"), (2, "acc")]
    assert [note.code for note in notes] == ["metric-taken"]
    lacking = [placed("b", "acc_norm"), Placed(1, placed("b", "acc").score)]
    kept, (note,) = choose_metrics(lacking, NO_CHOICE, {})
    assert sorted((p.checkpoint, p.score.metric) for p in kept) == [(0, "acc_norm"), (1, "acc")]
    assert note.code == "metric-lacking"
    assert note.text == "some models have acc (f) and not acc_norm; columns of their own."


def test_what_the_user_prefers_goes_before_all_order() -> None:
    scores = [placed("b", "acc_norm"), placed("b", "f1"), placed("c", "acc")]
    kept, _ = choose_metrics(scores, replace(NO_CHOICE, prefer=("f1", "acc_norm")), {})
    assert [(p.score.benchmark, p.score.metric) for p in kept] == [("b", "f1"), ("c", "acc")]


def test_filters_are_ranked_where_the_metric_is_one() -> None:
    def filtered(name: str) -> Placed:
        return Placed(0, replace(placed("b", "exact_match").score, filter=name))

    names = ("none", "strict-match", "flexible-extract", "another")
    for better, worse in pairwise(names):
        kept, _ = choose_metrics([filtered(worse), filtered(better)], NO_CHOICE, {})
        assert [p.score.filter for p in kept] == [better]


def test_a_metric_or_filter_or_shot_count_that_is_nowhere_is_refused() -> None:
    with pytest.raises(RecordError, match=r"'accc'.*acc"):
        choose_metrics(SCORES, replace(NO_CHOICE, metric={"": "accc"}), {})
    with pytest.raises(RecordError, match="'strict'"):
        choose_metrics(SCORES, replace(NO_CHOICE, filter={"": "strict"}), {})
    with pytest.raises(RecordError, match="5"):
        choose_metrics(SCORES, replace(NO_CHOICE, shots={"": 5}), {})


def test_a_benchmark_that_is_not_there_is_refused_with_the_near_one() -> None:
    with pytest.raises(RecordError, match=r"piqaa.*piqa"):
        choose_metrics(SCORES, replace(NO_CHOICE, metric={"piqaa": "acc"}), {})
