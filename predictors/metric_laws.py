"""How is a table of several metrics fitted? Each benchmark by the law of its own scale.

Fractions of which more is better go to the chosen predictor, alone and untouched, so that their
forecasts are what they would be without the others. What falls to a bound, such as a loss, and what
has no bound, such as Elo, have laws of their own (predictors/loss); there is one default for them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.predictors.interface import PROBABILITIES, Forecast, Law, Predictor, Targets
from scalepredict.predictors.metric_scale import LawKind, MetricScale, law_kind
from scalepredict.predictors.numerics.significant import significant
from scalepredict.predictors.registry import own_predictor
from scalepredict.records.aggregate import to_benchmarks
from scalepredict.records.notes import Note, told
from scalepredict.records.table import EvalTable, Floats, Ints, Unit
from scalepredict.records.units import key

_ARRAYS = (
    "point", "last", "n_items", "n_train", "horizon", "model_variance", "overdispersion",
    "spread_weighted", "spread_equal",
)  # fmt: skip
# What some methods give alone, and what stands for it in the columns of the others.
_OPTIONAL = {
    "share_of_asymptote": np.nan,
    "reference_weight": 0.0,
    "reference_variance": 0.0,
    "exceedance": np.nan,
    "disagreement": 0.0,
    "common_error": np.nan,
    "gap": 0.0,
}


def fit_law(
    predictor: Predictor,
    table: EvalTable,
    *,
    rng: np.random.Generator | None = None,
    compared: bool = False,
) -> Law:
    """Fit a predictor to the fractions of a table, and the laws of their own to all else.

    The numbers of the law have ten significant digits, which are the same on every machine.

    Args:
        predictor: The method of fractions.
        table: The evidence.
        rng: For methods that draw.
        compared: Whether methods are compared, so that baselines of losses stand beside those of
            fractions.

    Raises:
        RefusedError: Nothing of the table can be fitted.
    """
    return significant(_fitted(predictor, table, rng, compared))


def _fitted(
    predictor: Predictor, table: EvalTable, rng: np.random.Generator | None, compared: bool
) -> Law:
    if all(law_kind(unit) is LawKind.FRACTION for unit in table.units):
        return predictor.fit(table, rng=rng)
    whole = to_benchmarks(table)
    fractions: Law | None = None
    refused = ""
    try:
        if len(columns := _of_kind(table, LawKind.FRACTION)):
            fractions = predictor.fit(_measured(table, columns), rng=rng)
    except RefusedError as reason:
        refused = str(reason)
    falling = open_ended = None
    if predictor.pools_families:
        why = f"{predictor.name} pools families, and serves fractions only; fit with stack."
        if fractions is None:
            raise RefusedError(refused or f"no benchmark of the records is a fraction: {why}")
        return MetricLaws(
            units=whole.units, fractions=fractions, falling=None, open_ended=None, refused=why
        )
    if len(columns := _of_kind(whole, LawKind.FALLING)):
        baseline = predictor.name if compared else ""
        method = own_predictor(LawKind.FALLING, baseline=baseline)
        falling = method.fit(_on_law_scale(whole, columns))
    if len(columns := _of_kind(whole, LawKind.OPEN)):
        open_ended = own_predictor(LawKind.OPEN).fit(_on_law_scale(whole, columns))
    return MetricLaws(
        units=whole.units,
        fractions=fractions,
        falling=falling,
        open_ended=open_ended,
        refused=refused,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MetricLaws:
    """Laws of the benchmarks of one fit, by the scale of their metrics.

    Attributes:
        units: All benchmarks, length T.
        fractions: The predictor's own law.
        falling: That of losses and the like.
        open_ended: That of metrics without a bound ahead.
        refused: Why benchmarks have no law where theirs is missing.
    """

    units: tuple[Unit, ...]
    fractions: Law | None
    falling: Law | None
    open_ended: Law | None
    refused: str = ""

    def forecast(self, targets: Targets) -> Forecast:
        """Forecast every benchmark by its own law, in its own unit."""
        made: list[Forecast] = []
        if self.fractions is not None:
            made.append(self.fractions.forecast(targets))
        made += [
            _in_own_unit(law.forecast(targets), self.units)
            for law in (self.falling, self.open_ended)
            if law is not None
        ]
        return _side_by_side(made, targets, self.units, self.refused)

    def notes(self) -> tuple[Note, ...]:
        """Those of the laws."""
        laws = (self.fractions, self.falling, self.open_ended)
        return tuple(note for law in laws if law is not None for note in told(law.notes()))


def _of_kind(table: EvalTable, kind: LawKind) -> Ints:
    return np.flatnonzero([law_kind(unit) is kind for unit in table.units]).astype(np.intp)


def _measured(table: EvalTable, columns: Ints) -> EvalTable:
    # A checkpoint that has none of these benchmarks is no evidence of them.
    part = table.take_units(columns)
    seen = np.flatnonzero((np.isfinite(part.scores) | np.isfinite(part.task_loss)).any(axis=1))
    return part if len(seen) == len(part.checkpoints) else part.take_rows(seen)


def _on_law_scale(table: EvalTable, columns: Ints) -> EvalTable:
    part = _measured(table, columns)
    scales = [MetricScale.of(unit) for unit in part.units]
    scores = np.stack(
        [scale.forward(values) for scale, values in zip(scales, part.scores.T, strict=True)], axis=1
    )
    units = tuple(
        replace(unit, measure=None, asymptote=scale.asymptote(unit.asymptote))
        for unit, scale in zip(part.units, scales, strict=True)
    )
    return replace(part, units=units, scores=scores)


def _in_own_unit(forecast: Forecast, units: Sequence[Unit]) -> Forecast:
    own = {key(unit): unit for unit in units}
    found = tuple(own[key(unit)] for unit in forecast.units)
    scales = [MetricScale.of(unit) for unit in found]
    assert forecast.quantiles is not None

    def back(values: Floats) -> Floats:
        each = [scale.back(values[:, t]) for t, scale in enumerate(scales)]
        return np.stack(each, axis=1)

    quantiles = back(forecast.quantiles)
    falls = np.array([scale.sign < 0 for scale in scales])
    return replace(
        forecast,
        units=found,
        point=back(forecast.point),
        last=back(forecast.last),
        quantiles=np.where(falls[:, None], quantiles[..., ::-1], quantiles),
    )


def _side_by_side(
    made: Sequence[Forecast], targets: Targets, units: tuple[Unit, ...], refused: str
) -> Forecast:
    shape = (len(targets), len(units))
    place = {key(unit): t for t, unit in enumerate(units)}
    arrays: dict[str, Any] = {name: np.full(shape, np.nan) for name in _ARRAYS}
    for name, nothing in _OPTIONAL.items():
        if any(getattr(forecast, name) is not None for forecast in made):
            arrays[name] = np.full(shape, nothing)
    quantiles = np.full((*shape, len(PROBABILITIES)), np.nan)
    failures: list[str | None] = [refused or "no law was fitted."] * len(units)
    for forecast in made:
        columns = np.array([place[key(unit)] for unit in forecast.units], dtype=np.intp)
        for name, array in arrays.items():
            part = getattr(forecast, name)
            if part is not None:
                array[:, columns] = part
        if forecast.quantiles is not None:
            quantiles[:, columns] = forecast.quantiles
        for column, failure in zip(columns.tolist(), forecast.failures, strict=True):
            failures[column] = failure
    return Forecast(
        targets=targets,
        units=units,
        failures=tuple(failures),
        quantiles=quantiles,
        **arrays,
    )
