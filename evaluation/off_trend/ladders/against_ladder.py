"""Does this model score what the ladder of other sizes predicts? The forecast as a test.

The forecast is calibrated: its distribution is that of a *new measurement* (fit, checkpoint noise
and sampling error). Each benchmark gives z = normal quantile of the forecast's CDF at the score;

(i) common shift: mean of z over the benchmarks that rise along the ladder, whose errors
    correlate by the calibration's rho;
(ii) largest |z|, Sidak over the benchmarks.
Combined: p = min(p_i, p_ii) * 2 (Bonferroni).

A finished model is compared with finished ones: they say nothing about a checkpoint at a high
learning rate. A checkpoint without a past is compared with smaller models at the same tokens. Far
weaker than the run's own past: in backtests up to a factor 3 a drop of 3 points
was found in 97 % of the models of one ladder and in 20 % of another's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from scalepredict.errors import RefusedError
from scalepredict.evaluation.classes.classes import Kind, classify
from scalepredict.evaluation.intervals.calibration import Calibration, apply_calibration
from scalepredict.evaluation.intervals.suite_averages import correlation
from scalepredict.predictors.fit_families import Fit, FittedGroup
from scalepredict.predictors.interface import Forecast, Predictor, Targets
from scalepredict.predictors.metric_laws import fit_law
from scalepredict.predictors.scale.design import read_design
from scalepredict.predictors.scale.sparsity import read_sparsity, with_active_params
from scalepredict.records.evidence import select_evidence
from scalepredict.records.table import (
    FLOPS_PER_PARAM_TOKEN,
    Bools,
    EvalTable,
    Floats,
    Ints,
    Unit,
)
from scalepredict.records.units import match

MIN_MODELS = 4  # smaller models of the same family from which a ladder is made
SMALLER = 1.25  # factor in parameters: runs of nearly the same size are other shapes, not rungs
SAME_TOKENS = 0.05  # ln(tokens)
FINISHED = 0.9  # share of the ladder's own tokens from which a run counts as finished
MAX_FACTOR = 32.0  # FLOPs over the largest evidence; beyond it the intervals were little tested
Z_CLIP = 8.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ladder:
    """A fitted family that models are compared with.

    Attributes:
        group: The family.
        predictor: The method.
        calibration: Its interval constants.
    """

    group: FittedGroup
    predictor: str
    calibration: Calibration

    def tokens_at(self, family: str, params: float) -> float:
        """Tokens of a finished run of this size; NaN if the ladder has no design."""
        try:
            return read_design(self._own_evidence(family)).tokens(params)
        except RefusedError:
            return float("nan")

    def _own_evidence(self, family: str) -> EvalTable:
        evidence = self.group.evidence
        return evidence.of_family(family) if family in evidence.families else evidence

    def forecast(self, family: str, params: float, tokens: float) -> Forecast:
        """Calibrated forecast of one model."""
        evidence = self._own_evidence(family)
        sparsity = read_sparsity(evidence)
        active = None if sparsity is None else sparsity.active(np.array([params]))
        used = params if active is None else float(active[0])
        flops = read_design(with_active_params(evidence)).flops(used, tokens)
        targets = Targets(
            family=(family,),
            params=np.array([params]),
            tokens=np.array([tokens]),
            flops=np.array([flops]),
            assumption=("",),
            params_active=active,
        )
        raw = self.group.law.forecast(targets)
        return apply_calibration(raw, self.calibration, self.predictor)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LadderOutcome:
    """A model against its ladder, on the units that both have.

    Attributes:
        p_value: Of the model as a whole.
        shift: Common shift over its standard deviation; negative is worse.
        shift_p: P-value of the common shift alone.
        n_models: Models of the ladder.
        columns: Units compared, as columns of the checked table.
        expected: Forecast scores.
        low: Lower end of the interval of coverage 1 - alpha.
        high: Upper end.
        z: Normal scores of the measurements; negative is worse.
        sign: 1 where more is better, -1 where less is.
        unit_p: P-value of each unit by itself.
    """

    p_value: float
    shift: float
    shift_p: float
    n_models: int
    columns: Ints
    expected: Floats
    low: Floats
    high: Floats
    z: Floats
    sign: Floats
    unit_p: Floats

    @property
    def sign_of_shift(self) -> float:
        """-1 where less is better on every unit, else 1."""
        return -1.0 if (self.sign < 0).all() else 1.0


def stored_ladders(fit: Fit, calibration: Calibration) -> dict[str, Ladder]:
    """The ladders of a stored fit, by family."""
    return {
        family: Ladder(group=group, predictor=fit.predictor.name, calibration=calibration)
        for group in fit.groups
        for family in group.families
    }


def sibling_ladder(
    table: EvalTable,
    row: int,
    predictor: Predictor,
    calibration: Calibration,
) -> Ladder | None:
    """A ladder from the last checkpoints of smaller models of the family; None if too few.

    Args:
        table: Benchmark scores of all records.
        row: The checkpoint that will be compared.
        predictor: The method.
        calibration: Its interval constants.
    """
    return fitted_ladder(select_evidence(_smaller(table, row)).table, predictor, calibration)


def level_ladder(
    table: EvalTable,
    row: int,
    predictor: Predictor,
    calibration: Calibration,
) -> Ladder | None:
    """The same from their checkpoints at the same tokens, for a run that has no past yet.

    At the same place of the same schedule, unfinished models are on a ladder as finished ones are.
    """
    smaller = _smaller(table, row)
    gap = np.abs(np.log(smaller.tokens) - np.log(table.checkpoints[row].tokens or np.nan))
    level = smaller.take_rows(gap <= SAME_TOKENS)
    return fitted_ladder(select_evidence(level).table, predictor, calibration)


def _smaller(table: EvalTable, row: int) -> EvalTable:
    own = table.checkpoints[row]
    return smaller_siblings(table, own.family, own.model, float(table.params[row]))


def smaller_siblings(table: EvalTable, family: str, model: str, params: float) -> EvalTable:
    """The checkpoints of models of a family that are smaller by SMALLER or more."""
    siblings = [c.family == family and c.model != model for c in table.checkpoints]
    # NaN, where params are unknown, is smaller than nothing.
    small = table.params <= params / SMALLER
    return table.take_rows(np.array(siblings, dtype=bool) & small)


def fitted_ladder(
    evidence: EvalTable,
    predictor: Predictor,
    calibration: Calibration,
) -> Ladder | None:
    """A method fitted to some models; None if they are too few or it refuses."""
    if len(evidence.checkpoints) < MIN_MODELS:
        return None
    evidence = evidence.take_units(np.flatnonzero(np.isfinite(evidence.scores).any(axis=0)))
    try:
        law = fit_law(predictor, evidence)
    except RefusedError:
        return None
    group = FittedGroup(families=evidence.families, evidence=evidence, law=law)
    return Ladder(group=group, predictor=predictor.name, calibration=calibration)


def is_finished(table: EvalTable, row: int, ladder: Ladder) -> bool:
    """Whether a checkpoint can be compared: trained as long as the ladder's own models."""
    checkpoint = table.checkpoints[row]
    if checkpoint.params is None or checkpoint.tokens is None:
        return False
    reach = FLOPS_PER_PARAM_TOKEN * checkpoint.params * checkpoint.tokens
    if reach > MAX_FACTOR * float(ladder.group.evidence.flops.max()):
        return False
    return checkpoint.tokens >= FINISHED * ladder.tokens_at(checkpoint.family, checkpoint.params)


def against_ladder(
    table: EvalTable, row: int, ladder: Ladder, *, alpha: float, one_sided: bool
) -> LadderOutcome | None:
    """Compare a model with its ladder; None if they have no benchmark in common.

    ``one_sided``: only scores that are worse count.
    """
    checkpoint = table.checkpoints[row]
    forecast = ladder.forecast(
        checkpoint.family, float(checkpoint.params or 0), float(checkpoint.tokens or 0)
    )
    columns, places = matching_units(table, forecast)
    known = np.isfinite(forecast.point[0, places]) & np.isfinite(table.scores[row, columns])
    columns, places = columns[known], places[known]
    if not len(columns):
        return None
    observed = table.scores[row, columns]
    score = forecast.point.copy()
    score[0, places] = observed
    low, high = forecast.interval(1 - alpha)
    units = [forecast.units[i] for i in places]
    sign = np.where([_less_is_better(unit) for unit in units], -1.0, 1.0)
    z = sign * np.clip(ndtri(forecast.cdf(score)[0, places]), -Z_CLIP, Z_CLIP)
    sides, extent = (1.0, z) if one_sided else (2.0, -np.abs(z))
    unit_p = np.asarray(sides * ndtr(extent), dtype=float)
    rising = _improving(ladder, units)
    entry = ladder.calibration.behind(forecast, ladder.predictor)
    rho = float(correlation(forecast, [list(places)], entry)[0, 0])
    shift = _shift(z[rising] if rising.any() else z, rho)
    shift_p = sides * float(ndtr(shift if one_sided else -abs(shift)))
    largest_p = float(-np.expm1(len(z) * np.log1p(-min(unit_p.min(), 1 - 1e-12))))
    return LadderOutcome(
        p_value=min(1.0, 2 * min(shift_p, largest_p)),
        shift=shift,
        shift_p=shift_p,
        n_models=len({c.model for c in ladder.group.evidence.checkpoints}),
        columns=columns,
        expected=forecast.point[0, places],
        low=low[0, places],
        high=high[0, places],
        z=z,
        sign=sign,
        unit_p=unit_p,
    )


def matching_units(table: EvalTable, forecast: Forecast) -> tuple[Ints, Ints]:
    """Columns of a table and of a forecast that are the same benchmark, metric and shots."""
    columns = match(forecast.units, table.units, unknown="any")
    places = np.flatnonzero(columns >= 0)
    return columns[places], places


def _improving(ladder: Ladder, units: Sequence[Unit]) -> Bools:
    classes = classify(ladder.group.evidence)
    better = {
        u: kind is (Kind.FALLING if _less_is_better(u) else Kind.RISING)
        for u, kind in zip(classes.units, classes.kinds, strict=True)
    }
    return np.array([better.get(unit, False) for unit in units], dtype=bool)


def _less_is_better(unit: Unit) -> bool:
    return unit.measure is not None and unit.measure.direction == "lower"


def _shift(z: Floats, rho: float) -> float:
    return float(z.mean() / np.sqrt((1 + (len(z) - 1) * rho) / len(z)))
