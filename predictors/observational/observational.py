"""Capability space: scores of many families lie near few dimensions, and those give the others.

    score of a benchmark = sigmoid link of the model's capabilities (capability_link.py)
    capabilities = from the model's own scores on standard benchmarks (factor_model.py), or
                   log-linear in compute with a line for each family (family_trend.py)

Source: Ruan, Maddison & Hashimoto (2024, 2405.10938).
Departures: probabilistic PCA instead of mean-filling; numbers of components are averaged by their
    rolling-origin error unless one is asked for, and each benchmark has axes of its own
    (benchmark_axes.py); families share their trends; models without known compute stay in; known
    scores are completed in a second way (completion.py), averaged by errors on models left out;
    losses, where models have them, are a column of the space (compression.py).
Fails when: a benchmark needs what the standard ones do not measure (low ``explained``), or a family
    mixes data recipes.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.predictors.interface import Frontier, Targets
from scalepredict.predictors.kinds import Kinds
from scalepredict.predictors.numerics.progress import counter
from scalepredict.predictors.observational.benchmark_axes import (
    benchmark_axes,
    coordinates_of,
    own_weight,
)
from scalepredict.predictors.observational.capability_law import ObservationalLaw, unit_names
from scalepredict.predictors.observational.capability_link import fit_links
from scalepredict.predictors.observational.compression import UNIT, loss_range, with_compression
from scalepredict.predictors.observational.factor_model import (
    FactorModel,
    Posterior,
    fit_factors,
    posterior,
)
from scalepredict.predictors.observational.family_trend import FamilyTrend, fit_family_trend
from scalepredict.predictors.observational.model_card import FOLDS, fit_card
from scalepredict.predictors.pooled import FamilyEnds, unlearnable, varying
from scalepredict.records.subset import known_names
from scalepredict.records.table import Bools, EvalTable, Floats, Ints
from scalepredict.records.text.counts import count_of

MOST_COMPONENTS = 5
ROWS_PER_COMPONENT = 3
FEWEST_MODELS = 10  # fewer span no space that holds for the next one
BLOCK = 500  # models
FEWEST_SCORES = 6  # of a benchmark, to be explained by the space
STANDARD_SHARE = 0.5  # a benchmark is standard if it is measured on this share of the models that
# the most measured one has; below, it is explained by the space but does not shape it


@dataclass(frozen=True, slots=True, kw_only=True)
class Observational:
    """Fits one capability space to all families.

    Attributes:
        components: Number of leading components that forecasts use; None = average over 1, 2, ...
            by rolling-origin error. The space itself has as many as the models carry.
        standard: Benchmarks that span the space; empty = those measured on most models.
    """

    name: ClassVar[str] = "observational"
    pools_families: ClassVar[bool] = True
    reads_tasks: ClassVar[bool] = False
    needs_compute: ClassVar[bool] = False
    reads_known_scores: ClassVar[bool] = True
    components: int | None = None
    standard: tuple[str, ...] = ()

    def fit(self, table: EvalTable, *, rng: np.random.Generator | None = None) -> ObservationalLaw:
        """Fit space, links, family trends, and the completion of cards.

        Raises:
            RefusedError: Fewer than two standard benchmarks that vary, too few models with two of
                them, or too few scores of every benchmark; or ``standard`` names a benchmark that
                is not there.
        """
        del rng
        ends = loss_range(table)
        table = table if ends is None else with_compression(table, ends)
        law = self._fit_space(table, judged=True)
        step = counter(FOLDS + 1)
        step()
        return replace(law, card=fit_card(table, self._linked, step), loss_range=ends)

    def _linked(self, train: EvalTable, test: EvalTable) -> Floats:
        points = np.full(test.scores.shape, np.nan)
        try:
            law = self._fit_space(train, judged=False)
        except RefusedError:
            return points
        placed = np.asarray(np.isfinite(test.scores[:, law.standard]).any(axis=1))
        if placed.any():
            known = test.take_rows(placed)
            points[placed] = law.forecast(replace(Targets.of_table(known), known=known)).point
        return points

    def _fit_space(self, table: EvalTable, *, judged: bool) -> ObservationalLaw:
        varied = varying(table.scores)
        standard = self._standard(table, varied)
        shared = np.isfinite(table.scores[:, standard]).sum(axis=1) >= 2
        if shared.sum() < FEWEST_MODELS:
            raise RefusedError(
                f"observational: {count_of(int(shared.sum()), 'model has', 'models have')} two or "
                f"more of the standard benchmarks ({unit_names(table.units, standard)}), at "
                f"least {FEWEST_MODELS} are needed. Add models, or choose other standard "
                "benchmarks."
            )
        used = table.take_rows(shared)
        n_components = self._n_components(len(used.checkpoints), len(standard))
        space = fit_factors(used.scores[:, standard], n_components)
        known = posterior(space, used.scores[:, standard])
        axes = benchmark_axes(
            space, used.scores, standard, known, own_weight(self.components, len(used.checkpoints))
        )
        coordinates = _coordinates(space, axes, used.scores, standard, known)
        counted = np.isfinite(used.scores).sum(axis=0)
        fitted = np.flatnonzero(varied & (counted >= FEWEST_SCORES) & _asked(used))
        if not len(fitted):
            raise RefusedError(
                f"observational: no benchmark is measured on {FEWEST_SCORES} of the "
                f"{len(used.checkpoints)} models (the most: {counted.max()}). Add scores."
            )
        variants = (self.components,) if self.components else tuple(range(1, n_components + 1))
        links = fit_links(
            coordinates[:, fitted],
            used.scores[:, fitted],
            used.chance[fitted],
            variants,
            judged=judged,
        )
        return ObservationalLaw(
            frontier=Frontier.of_table(used),
            ends=FamilyEnds.of_table(used),
            standard=standard,
            fitted=fitted,
            space=space,
            axes=axes,
            links=links,
            trend=_trend(space, known, used),
            models=tuple(c.model for c in used.checkpoints),
            families=tuple(c.family for c in used.checkpoints),
            flops=used.flops,
            coordinates=known.theta * space.strength,
            kinds=Kinds.of(used.checkpoints),
            left_out=tuple(
                c.model for c, kept in zip(table.checkpoints, shared, strict=True) if not kept
            ),
            failures=tuple(
                None if unit == UNIT else failure
                for unit, failure in zip(
                    used.units,
                    unlearnable(
                        used.units, fitted, counted, fewest=FEWEST_SCORES, of="of the space"
                    ),
                    strict=True,
                )
            ),
        )

    def _standard(self, table: EvalTable, varied: Bools) -> Ints:
        names = [unit.shown for unit in table.units]
        known_names("standard benchmark", self.standard, names)
        counted = np.isfinite(table.scores).sum(axis=0)
        if self.standard:
            wanted = np.array([name in self.standard for name in names], dtype=bool)
        else:
            wanted = counted >= STANDARD_SHARE * counted.max()
        standard = np.flatnonzero(wanted & varied)
        if len(standard) < 2:
            raise RefusedError(
                f"observational: {len(standard)} of {count_of(len(names), 'benchmark')} measured "
                "on enough models with scores that vary; a space needs at least two. Add standard "
                "benchmarks."
            )
        return standard

    def _n_components(self, n_models: int, n_standard: int) -> int:
        most = max(min(MOST_COMPONENTS, n_standard - 1, n_models // ROWS_PER_COMPONENT), 1)
        if self.components is None:
            return most
        if not 1 <= self.components <= most:
            raise RefusedError(
                f"observational: {count_of(self.components, 'component')} asked for; {n_models} "
                f"models and {n_standard} standard benchmarks carry 1 to {most}."
            )
        return most


def _asked(table: EvalTable) -> Bools:
    # Compression places a model; nobody asks for it.
    return np.array([unit != UNIT for unit in table.units], dtype=bool)


def _coordinates(
    space: FactorModel, axes: Floats, scores: Floats, standard: Ints, known: Posterior
) -> Floats:
    # Row block by row block: the covariances on the way are K times as large, and not needed.
    parts = []
    for first in range(0, len(scores), BLOCK):
        rows = slice(first, first + BLOCK)
        own = Posterior(theta=known.theta[rows], covariance=known.covariance[rows])
        parts.append(coordinates_of(space, axes, scores[rows], standard, own)[0])
    return np.concatenate(parts)


def _trend(space: FactorModel, known: Posterior, table: EvalTable) -> FamilyTrend | None:
    measured = np.isfinite(table.flops)
    if not measured.any():
        return None
    used = table.take_rows(measured).checkpoints
    kinds = Kinds.of(used)
    return fit_family_trend(
        (known.theta * space.strength)[measured],
        table.flops[measured],
        kinds.families(used),
        kinds.tuned,
    )
