"""A wish for one benchmark must be met, a wish for all is met where it can be."""

from collections.abc import Mapping
from dataclasses import replace

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
