"""What should a user know before believing a number? Doubts about single benchmarks, in words."""

import numpy as np

from scalepredict.evaluation.classes.classes import CHANCE_MARGIN, Classes, Kind
from scalepredict.predictors.interface import Forecast
from scalepredict.predictors.limits import FEW_MODELS
from scalepredict.records.table import ASSUMED_ITEMS, EvalTable
from scalepredict.records.text.counts import count_of
from scalepredict.records.units import match


def benchmark_doubts(
    classes: Classes, failures: tuple[str | None, ...]
) -> tuple[tuple[str, ...], ...]:
    """Sentences about each benchmark, length T; a refusal of its fit stands alone.

    Args:
        classes: Predictability of the T benchmarks.
        failures: Why a benchmark has no forecast, length T.
    """
    return tuple(
        _doubts(classes, column) if failure is None else (failure,)
        for column, failure in enumerate(failures)
    )


def aligned(forecast: Forecast, evidence: EvalTable) -> Forecast:
    """The forecast of the benchmarks of one family, in the order of its evidence.

    A law that pools families also forecasts benchmarks that this family was not measured on.
    """
    return forecast.take_units(match(evidence.units, forecast.units, unknown="same"))


def _doubts(classes: Classes, column: int) -> tuple[str, ...]:
    trend, unit = classes.trend, classes.units[column]
    measured = int(trend.n_scores[column])
    above = trend.level[column] > unit.chance + CHANCE_MARGIN
    questions = f"{ASSUMED_ITEMS:.0f} assumed" if classes.items_assumed[column] else "its"
    bend = f", or, as there are only {measured} scores, a bend" if measured < FEW_MODELS else ""
    said = {
        Kind.AT_CHANCE: "too noisy to tell from chance" if above else "not yet measurable",
        Kind.FLAT: "flat above chance: no trend to extrapolate beyond the noise",
        Kind.NOISY: (
            f"scatters {np.sqrt(trend.phi[column]):.1f}x more than {questions} questions explain: "
            f"often a bias to a format or a label, or a run that failed{bend}"
        ),
        Kind.INVERSE: "falls with scale",
        Kind.SATURATED: "near its ceiling",
    }.get(classes.kinds[column])
    doubts = [said] if said else []
    if measured < FEW_MODELS and measured < trend.n_scores.max():
        doubts.append(f"measured on only {count_of(measured, 'checkpoint')}")
    if unit.chance_assumed:
        doubts.append("chance level assumed 0")
    return tuple(doubts)
