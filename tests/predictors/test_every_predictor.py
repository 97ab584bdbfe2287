"""Every method obeys the common checks, a plug-in of 15 lines too, and what breaks them is told."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from scalepredict.predictors.interface import (
    Forecast,
    Frontier,
    Targets,
    make_forecast,
)
from scalepredict.predictors.registry import names, predictor_type
from scalepredict.records.importers.harness.lm_eval import LmEval
from scalepredict.records.importers.harness.olmes import Olmes
from scalepredict.records.importers.harness.source_file import SourceFile
from scalepredict.records.table import EvalTable
from scalepredict.testing import CHECKS, check_importer, check_predictor

HARNESS = Path(__file__).parents[1] / "records" / "importers" / "harness"
# What a benchmark that tells nothing does to others through the common prior.
MOVED: set[tuple[str, str]] = set()
SLOW = {"skills"}


def cases() -> list[object]:
    return [
        pytest.param(
            name,
            check,
            marks=[
                *([pytest.mark.xfail(strict=True)] if (name, check) in MOVED else []),
                *([pytest.mark.slow] if name in SLOW else []),
            ],
        )
        for name in names()
        for check in CHECKS
    ]


@pytest.mark.parametrize(("name", "check"), cases())
def test_a_method_obeys(name: str, check: str) -> None:
    CHECKS[check](predictor_type(name)())


# The example of a plug-in: a predictor and its law.
@dataclass(frozen=True)
class HalfWayLaw:
    frontier: Frontier

    def forecast(self, targets: Targets) -> Forecast:
        return make_forecast(targets, self.frontier, (1 + self.frontier.last) / 2)

    def notes(self) -> tuple[str, ...]:
        return ("half way from the last score to 1.",)


@dataclass(frozen=True)
class HalfWay:
    name: ClassVar[str] = "half_way"
    pools_families: ClassVar[bool] = False
    reads_tasks: ClassVar[bool] = False
    needs_compute: ClassVar[bool] = True
    reads_known_scores: ClassVar[bool] = False

    def fit(self, table: EvalTable, *, rng: np.random.Generator | None = None) -> HalfWayLaw:
        return HalfWayLaw(Frontier.of_table(table))


def test_a_plug_in_of_15_lines_passes() -> None:
    check_predictor(HalfWay())


Spoil = Callable[[EvalTable, Frontier], Frontier]


@dataclass(frozen=True)
class Spoiled(HalfWay):
    """The same, with a law that is spoiled in one way."""

    spoil: Spoil = lambda table, frontier: frontier

    def fit(self, table: EvalTable, *, rng: np.random.Generator | None = None) -> HalfWayLaw:
        return HalfWayLaw(self.spoil(table, Frontier.of_table(table)))


@pytest.mark.parametrize(
    ("check", "spoil"),
    [
        ("order of rows", lambda t, f: replace(f, last=t.scores[-2])),
        ("order of columns", lambda t, f: replace(f, last=np.roll(f.last, 1))),
        ("an idle column", lambda t, f: replace(f, last=f.last * 0 + np.nanmean(t.scores))),
        ("unit of FLOPs", lambda t, f: replace(f, last=f.last * 0 + np.log10(f.max_flops) / 60)),
        ("shapes, ranges and failures", lambda t, f: replace(f, last=f.last * np.nan)),
        ("too little evidence", lambda t, f: replace(f, last=t.scores[5])),
        ("storage to the bit", lambda t, f: replace(f, n_train=f.n_train.astype(int))),
    ],
)
def test_a_broken_plug_in_is_told_what_breaks(check: str, spoil: Spoil) -> None:
    with pytest.raises(AssertionError, match=check):
        check_predictor(Spoiled(spoil=spoil))


class Untold(HalfWay):
    def fit(self, table, *, rng=None):  # type: ignore[no-untyped-def]
        return HalfWayLaw(Frontier.of_table(table))


class Unsaid(HalfWay):
    needs_compute: ClassVar[bool] = None  # type: ignore[assignment]


def test_facts_and_the_class_of_the_law_must_be_told() -> None:
    with pytest.raises(AssertionError, match="which class of law"):
        CHECKS["facts on the class"](Untold())
    with pytest.raises(AssertionError, match="needs_compute"):
        CHECKS["facts on the class"](Unsaid())


class Greedy(LmEval):
    def recognises(self, file: SourceFile) -> bool:
        return True


def test_our_importers_obey_and_one_that_takes_everything_does_not() -> None:
    result = sorted(HARNESS.rglob("results_*.json"))[0]
    check_importer(LmEval(), result)
    with pytest.raises(AssertionError, match="does not recognise"):
        check_importer(Olmes(), result)
    with pytest.raises(AssertionError, match="takes a file that is none of its own"):
        check_importer(Greedy(), result)
