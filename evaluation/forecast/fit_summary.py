"""What was learned about each benchmark? Its class, the quality of its fit, and its evidence."""

from dataclasses import dataclass

import numpy as np

from scalepredict.evaluation.backtest.health import quick_look
from scalepredict.evaluation.backtest.simpler_law import SimplerLaw
from scalepredict.evaluation.classes.classes import Classes, classify
from scalepredict.evaluation.forecast.doubts import aligned, benchmark_doubts
from scalepredict.evaluation.forecast.fit_quality import fit_error
from scalepredict.evaluation.intervals.calibration import Calibration
from scalepredict.evaluation.off_trend.ladders.off_rung import off_rung
from scalepredict.predictors.fit_families import Fit
from scalepredict.predictors.interface import Frontier, Targets
from scalepredict.predictors.scale.sparsity import sparsity_warnings
from scalepredict.predictors.scale.targets import few_models
from scalepredict.records.notes import Note, noted, told
from scalepredict.records.table import EvalTable, Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FamilySummary:
    """What the fit of one family rests on.

    Attributes:
        family: The recipe.
        evidence: Benchmark scores that the law has seen.
        classes: Predictability of its T benchmarks.
        last: Score of the largest measured checkpoint. Shape (T,).
        fit_error: Mean absolute residual, recent ones more, a fraction. Shape (T,).
        doubts: What should be known of each benchmark, length T.
        warnings: What makes the whole fit less certain than it looks.
        notes: Of the law.
        noise_ratio: Mean squared standardised error at a few origins inside the evidence over that
            of the reference series of the calibration; NaN where it was not tried.
        simpler: A plain law that forecast those origins clearly better than the default, if any.
    """

    family: str
    evidence: EvalTable
    classes: Classes
    last: Floats
    fit_error: Floats
    doubts: tuple[tuple[Note, ...], ...]
    warnings: tuple[Note, ...]
    notes: tuple[Note, ...]
    noise_ratio: float
    simpler: SimplerLaw | None = None


def summarise(
    fit: Fit, calibration: Calibration, *, rng: np.random.Generator
) -> tuple[FamilySummary, ...]:
    """Summaries of all families that have a law, in the order of the fit."""
    pairs = [(group, family) for group in fit.groups for family in group.families]
    result = []
    for (group, family), stream in zip(pairs, rng.spawn(len(pairs)), strict=True):
        evidence = group.evidence.of_family(family)
        # Classes and fit errors are along compute; models that do not tell it have none.
        evidence = evidence.take_rows(np.isfinite(evidence.flops))
        if not evidence.checkpoints:
            continue
        classes = classify(evidence)
        fitted = aligned(group.law.forecast(Targets.of_table(evidence)), evidence)
        look = quick_look(evidence, fit.predictor, calibration, rng=stream)
        result.append(
            FamilySummary(
                family=family,
                evidence=evidence,
                classes=classes,
                last=Frontier.of_table(evidence).last,
                fit_error=fit_error(fitted, evidence),
                doubts=benchmark_doubts(classes, fitted.failures),
                warnings=(*_warnings(evidence, fit, calibration), *_simpler(look.simpler)),
                notes=told(group.law.notes()),
                noise_ratio=look.noise_ratio,
                simpler=look.simpler,
            )
        )
    return tuple(result)


def _simpler(law: SimplerLaw | None) -> tuple[Note, ...]:
    return () if law is None else (noted("simpler-law", law.sentence()),)


def _warnings(evidence: EvalTable, fit: Fit, calibration: Calibration) -> tuple[Note, ...]:
    if fit.predictor.pools_families:
        return ()
    rung = off_rung(evidence, fit.predictor, calibration)
    named = [] if rung is None else [noted("off-ladder", rung.sentence())]
    return (*few_models(evidence), *sparsity_warnings(evidence), *named)
