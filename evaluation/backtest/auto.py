"""Should a plain law forecast these records instead of the default? Their own last rungs say it.

The rule is that of simpler_law.py: a plain law is taken where it forecast the upper rungs of every
family of the records clearly better than the default, at the same few origins inside the evidence.

Source: choice by rolling origins (Tashman 2000), with a default that has to be beaten by much.
Fails when: the ladder turns beyond its last rung.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from scalepredict.evaluation.backtest.rolling_origin import Cell, run_backtest
from scalepredict.evaluation.backtest.simpler_law import SIMPLE, SimplerLaw, simpler_law
from scalepredict.evaluation.backtest.splits import rolling_origins
from scalepredict.evaluation.intervals.calibration import Calibration
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.predictors import registry
from scalepredict.predictors.interface import Law, Predictor, fitting_stream
from scalepredict.predictors.metric_scale import fractions_of
from scalepredict.records.aggregate import to_benchmarks
from scalepredict.records.table import EvalTable

ORIGINS = 2  # a fit of 35 models and 46 benchmarks has to stay below two seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What was taken, and why.

    Attributes:
        predictor: The method.
        families: By family: the plain law that did clearly better there than the default, if any.
    """

    predictor: Predictor
    families: Mapping[str, SimplerLaw | None]

    def sentence(self, default: str) -> str:
        """What to tell the user."""
        better = [law for law in self.families.values() if law is not None]
        if self.predictor.name != default:
            return f"auto: {self.predictor.name} is taken. {better[0].figures()}."
        if better:
            return f"auto: {default} is taken, since families ask for different laws."
        return f"auto: {default} is taken, since no plain law forecasts the last rungs much better."


def choose(
    table: EvalTable, default: Predictor, calibration: Calibration, *, rng: np.random.Generator
) -> Choice:
    """The default, or the one plain law that every family forecasts its last rungs better by.

    Args:
        table: The evidence.
        default: The default with its settings.
        calibration: Of the methods tried.
        rng: Split into one stream for each family.
    """
    benchmarks = to_benchmarks(table)
    families: dict[str, SimplerLaw | None] = {}
    for family, stream in zip(table.families, rng.spawn(len(table.families)), strict=True):
        cells = trials(benchmarks.of_family(family), default, calibration, rng=stream)
        families[family] = simpler_law(cells, default.name)
    names = {law.name if law else default.name for law in families.values()}
    taken = names.pop() if len(names) == 1 else default.name
    predictor = default if taken == default.name else registry.predictor_type(taken)()
    return Choice(predictor=predictor, families=families)


def trials(
    evidence: EvalTable, predictor: Predictor, calibration: Calibration, *, rng: np.random.Generator
) -> tuple[Cell, ...]:
    """A method, and beside the default the plain laws, at a few origins inside the evidence.

    Args:
        evidence: Benchmark scores of one family; what is no fraction takes no part.
        predictor: The method.
        calibration: Its interval constants.
        rng: For methods that draw.
    """
    evidence = fractions_of(evidence)
    evidence = evidence.take_rows(np.isfinite(evidence.flops))
    if not evidence.units or not evidence.checkpoints:
        return ()
    plain = SIMPLE if predictor.name == registry.DEFAULT else ()
    methods = [predictor, *(registry.predictor_type(name)() for name in plain)]
    splits = rolling_origins(evidence, max_origins=ORIGINS)
    return run_backtest(evidence, splits, methods, calibration, rng=rng)


@dataclass(frozen=True, slots=True, kw_only=True)
class Auto:
    """The choice as a method, to be judged beside others.

    Attributes:
        reference: Whether the reference curves of public models take part in the default.
        reference_without: Names of labs to leave out of them besides the ladder's own.
    """

    name: ClassVar[str] = registry.AUTO
    pools_families: ClassVar[bool] = False
    reads_tasks: ClassVar[bool] = False
    needs_compute: ClassVar[bool] = True
    reads_known_scores: ClassVar[bool] = False

    reference: bool = True
    reference_without: tuple[str, ...] = ()

    def fit(self, table: EvalTable, *, rng: np.random.Generator | None = None) -> Law:
        """Fit what is taken.

        Raises:
            RefusedError: The evidence does not carry it.
        """
        stream, other = fitting_stream(rng).spawn(2)
        kind: Any = registry.predictor_type(registry.DEFAULT)
        default = kind(reference=self.reference, reference_without=self.reference_without)
        choice = choose(table, default, load_calibration(), rng=stream)
        return choice.predictor.fit(table, rng=other)
