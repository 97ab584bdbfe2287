"""A method is judged beside simple baselines, and the last value is always one of them."""

import pytest

from scalepredict.errors import RefusedError
from scalepredict.evaluation.backtest.auto import Auto
from scalepredict.evaluation.backtest.rivals import BASELINES, rivals
from scalepredict.predictors import registry


def names(*chosen: str) -> list[str]:
    return [predictor.name for predictor in rivals(chosen)]


def test_by_default_it_is_the_stack_and_the_baselines() -> None:
    assert names() == ["stack", *BASELINES]
    assert "last" in BASELINES


@pytest.mark.parametrize(
    ("chosen", "judged"),
    [
        (("trend",), ["trend", "last"]),
        (("last", "trend"), ["last", "trend"]),
        (("trend", "trend"), ["trend", "last"]),
        (("last",), ["last"]),
    ],
)
def test_the_last_value_is_added_once(chosen: tuple[str, ...], judged: list[str]) -> None:
    assert names(*chosen) == judged


def test_all_are_all_that_there_are() -> None:
    found = names("all")
    assert len(found) == len(set(found))
    assert set(found) == set(registry.available())
    assert names("trend", "all") == found


def test_the_choice_by_trial_is_a_method_too() -> None:
    assert isinstance(rivals([registry.AUTO])[0], Auto)


def test_a_method_that_does_not_exist_is_refused_with_the_near_one() -> None:
    with pytest.raises(RefusedError, match=r"trent.*trend"):
        rivals(["trent"])
