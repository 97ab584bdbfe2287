"""What should a user know before believing a number? Doubts about single benchmarks, in words."""

from collections.abc import Sequence

import numpy as np

from scalepredict.evaluation.classes.classes import CHANCE_MARGIN, Classes, Kind
from scalepredict.predictors.interface import Forecast
from scalepredict.predictors.limits import FEW_MODELS
from scalepredict.predictors.reference.fitted_reference import ReferenceUse
from scalepredict.records.notes import Note, noted
from scalepredict.records.table import ASSUMED_ITEMS, EvalTable, Floats
from scalepredict.records.text.counts import count_of
from scalepredict.records.units import match

DRIVEN = 0.3  # share of an interval from which on it is said what drives it


def benchmark_doubts(
    classes: Classes,
    failures: tuple[str | None, ...],
    share_of_asymptote: Floats | None = None,
    references: Sequence[ReferenceUse | None] = (),
) -> tuple[tuple[Note, ...], ...]:
    """Notes on each benchmark, length T; a refusal of its fit stands alone.

    Args:
        classes: Predictability of the T benchmarks.
        failures: Why a benchmark has no forecast, length T.
        share_of_asymptote: Of the width of its interval at each target (Forecast). Shape (K, T).
        references: What public models did for each benchmark, length T; empty = not known.
    """
    alone = [use is not None and use.weight == 1 for use in references] or [False] * len(failures)
    return tuple(
        (noted("not-forecast", failure, subject=classes.units[column].shown),)
        if failure is not None
        else (*_of_public_models(classes, column, alone[column]), *_doubts(classes, column))
        if classes.units[column].measure is None
        else _own_doubts(classes, share_of_asymptote, column)
        for column, failure in enumerate(failures)
    )


def aligned(forecast: Forecast, evidence: EvalTable) -> Forecast:
    """The forecast of the benchmarks of one family, in the order of its evidence.

    A law that pools families also forecasts benchmarks that this family was not measured on.
    """
    return forecast.take_units(match(evidence.units, forecast.units, unknown="same"))


def _of_public_models(classes: Classes, column: int, alone: bool) -> tuple[Note, ...]:
    if not alone:
        return ()
    return (noted("reference-only", "rests on public models", subject=classes.units[column].shown),)


def _own_doubts(classes: Classes, of_asymptote: Floats | None, column: int) -> tuple[Note, ...]:
    trend, measure, kind = classes.trend, classes.units[column].measure, classes.kinds[column]
    assert measure is not None
    worse = Kind.RISING if measure.direction == "lower" else Kind.FALLING
    name, doubts = classes.units[column].shown, []
    if kind is worse:
        text = f"{kind.value} with scale, and {measure.direction} is better"
        doubts.append(noted("inverse", text, subject=name))
    elif kind is Kind.FLAT:
        text = "flat: no trend to extrapolate beyond the noise"
        doubts.append(noted("flat", text, subject=name))
    elif kind is Kind.NOISY:
        noise = trend.noise[column] / abs(trend.level[column])
        text = f"scatters by {100 * noise:.1f} % around its line"
        doubts.append(noted("noisy", text, subject=name))
    if (measured := int(trend.n_scores[column])) < FEW_MODELS:
        text = f"measured on only {count_of(measured, 'checkpoint')}"
        doubts.append(noted("few-scores", text, subject=name))
    if of_asymptote is not None:
        shares = of_asymptote[:, column]
        share = float(np.nanmax(shares)) if np.isfinite(shares).any() else 0.0
        if share >= DRIVEN:
            text = (
                f"about {_in_words(share)} of this interval is the unknown irreducible loss; "
                "--asymptote LO..HI narrows it"
            )
            doubts.append(noted("asymptote-unknown", text, subject=name))
    return tuple(doubts)


def _in_words(share: float) -> str:
    words = {1 / 3: "one third", 0.5: "half", 2 / 3: "two thirds", 0.75: "three quarters"}
    near = min(words, key=lambda known: abs(known - share))
    return words[near] if abs(near - share) < 0.05 else f"{100 * share:.0f} %"


def _doubts(classes: Classes, column: int) -> tuple[Note, ...]:
    trend, unit = classes.trend, classes.units[column]
    measured = int(trend.n_scores[column])
    above = trend.level[column] > unit.chance + CHANCE_MARGIN
    questions = f"{ASSUMED_ITEMS:.0f} assumed" if classes.items_assumed[column] else "its"
    bend = f", or, as there are only {measured} scores, a bend" if measured < FEW_MODELS else ""
    kind, name = classes.kinds[column], unit.shown
    doubts = []
    if kind == Kind.AT_CHANCE:
        text = "too noisy to tell from chance" if above else "not yet measurable"
        doubts.append(noted("at-chance", text, subject=name))
    if kind == Kind.FLAT:
        text = "flat above chance: no trend to extrapolate beyond the noise"
        doubts.append(noted("flat", text, subject=name))
    if kind == Kind.NOISY:
        text = (
            f"scatters {np.sqrt(trend.phi[column]):.1f}x more than {questions} questions explain: "
            f"often a bias to a format or a label, or a run that failed{bend}"
        )
        doubts.append(noted("noisy", text, subject=name))
    if kind == Kind.INVERSE:
        doubts.append(noted("inverse", "falls with scale", subject=name))
    if kind == Kind.SATURATED:
        doubts.append(noted("saturated", "near its ceiling", subject=name))
    if measured < FEW_MODELS and measured < trend.n_scores.max():
        text = f"measured on only {count_of(measured, 'checkpoint')}"
        doubts.append(noted("few-scores", text, subject=name))
    if unit.chance_assumed:
        doubts.append(noted("chance-assumed", "chance level assumed 0", subject=name))
    return tuple(doubts)
