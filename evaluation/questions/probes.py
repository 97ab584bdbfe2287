"""Which few benchmarks to run on a new model, so that the rest of its card is known best?

    minimise the mean over benchmarks of  var(score_j | scores on the probes)

under the factor model of the cards (factor_model.py), by greedy addition; what a set is worth is
then measured: models are left out, known on the probes only, and completed.

Source: D-optimal and greedy design on a Gaussian posterior (Krause, Singh & Guestrin 2008, JMLR 9),
    as in the choice of probes of BenchPress (2026, arXiv 2606.24020).

Letters: M models, T benchmarks, K components.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.predictors.interface import Targets
from scalepredict.predictors.observational.factor_model import FactorModel, fit_factors
from scalepredict.predictors.observational.observational import Observational
from scalepredict.records.aggregate import to_benchmarks
from scalepredict.records.table import EvalTable, Floats, Ints, Unit
from scalepredict.records.text.counts import count_of

COMPONENTS = 3
FOLDS = 5
FEWEST_MODELS = 13  # of which ten are left where a fold is left out, the fewest that are fitted
RANDOM_SETS = 5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Probes:
    """Benchmarks to run, in the order in which they were added.

    Attributes:
        units: The chosen, length n.
        error: Median absolute error of the rest of the card, a fraction, on models left out that
            were known on the first 1, 2, ... of them only. Shape (n,).
        random: The same for random benchmarks, the median of several sets. Shape (n,).
        unknown: The same where nothing is known: each benchmark's median over the other models.
        n_models: Models of the records with two scores or more.
        n_benchmarks: Benchmarks that were searched.
    """

    units: tuple[Unit, ...]
    error: Floats
    random: Floats
    unknown: float
    n_models: int
    n_benchmarks: int


def choose_probes(table: EvalTable, count: int, *, rng: np.random.Generator) -> Probes:
    """Choose among the benchmarks of a table.

    Args:
        table: Models, with or without known compute.
        count: Benchmarks to choose.
        rng: For the random sets.

    Raises:
        RefusedError: There are not more benchmarks than that, or too few models.
    """
    cards = to_benchmarks(table)
    cards = cards.take_rows(np.isfinite(cards.scores).sum(axis=1) >= 2)
    measured = np.isfinite(cards.scores)
    enough = np.flatnonzero(measured.sum(axis=0) >= 2)
    if len(cards.checkpoints) < FEWEST_MODELS or count >= len(enough):
        raise RefusedError(
            f"these records hold {count_of(len(cards.checkpoints), 'model')} with two scores or "
            f"more and {count_of(len(enough), 'benchmark')}; to choose {count}, "
            f"{FEWEST_MODELS} models and {count + 1} benchmarks are needed. Add records, or lower "
            "--probes."
        )
    cards = cards.take_units(enough)
    order = _greedy(_space(cards), count)
    sets = [rng.permutation(len(enough))[:count] for _ in range(RANDOM_SETS)]
    error, *of_random = _errors(cards, [order, *sets])
    return Probes(
        units=tuple(cards.units[i] for i in order),
        error=error,
        random=np.median(of_random, axis=0),
        unknown=float(np.nanmedian(np.abs(cards.scores - np.nanmedian(cards.scores, axis=0)))),
        n_models=len(cards.checkpoints),
        n_benchmarks=len(enough),
    )


def _space(cards: EvalTable) -> FactorModel:
    n_components = max(min(COMPONENTS, len(cards.units) - 1, len(cards.checkpoints) // 3), 1)
    return fit_factors(cards.scores, n_components)


def _greedy(space: FactorModel, count: int) -> Ints:
    # Each probe takes off the posterior covariance of theta; the gain is over all benchmarks.
    covariance = np.eye(space.loading.shape[1])
    free = np.ones(len(space.loading), dtype=bool)
    order = []
    for _ in range(count):
        pulled = space.loading @ covariance  # (T, K)
        told = np.einsum("tk,tk->t", pulled, space.loading) + space.noise
        gain = ((space.loading @ pulled.T) ** 2).sum(axis=0) / told
        best = int(np.argmax(np.where(free, gain, -1.0)))
        order.append(best)
        free[best] = False
        covariance = covariance - np.outer(pulled[best], pulled[best]) / told[best]
    return np.array(order, dtype=int)


def _errors(cards: EvalTable, orders: Sequence[Ints]) -> Floats:
    # Median absolute error of the cells that are no probe, with the first 1, 2, ... probes of each
    # order known. Shape (orders, n).
    n_models, n_probes = len(cards.checkpoints), len(orders[0])
    probes = np.zeros((len(orders) * n_probes, 1, len(cards.units)), dtype=bool)
    for i, order in enumerate(orders):
        for n in range(n_probes):
            probes[i * n_probes + n, 0, order[: n + 1]] = True
    missed = np.full((len(probes), *cards.scores.shape), np.nan)
    for fold in range(FOLDS):
        test = np.arange(fold, n_models, FOLDS)
        law = Observational().fit(cards.take_rows(np.setdiff1d(np.arange(n_models), test)))
        rows = cards.take_rows(np.tile(test, len(probes)))
        shown = np.concatenate(np.where(probes, cards.scores[test], np.nan))
        told = np.isfinite(shown).any(axis=1)
        known = rows.with_scores(shown).take_rows(told)
        nowhere = np.full(len(known.checkpoints), np.nan)
        targets = replace(
            Targets.of_table(known), params=nowhere, tokens=nowhere, flops=nowhere, known=known
        )
        points = np.full(shown.shape, np.nan)
        points[told] = law.forecast(targets).point
        error = np.abs(points.reshape(len(probes), len(test), -1) - cards.scores[test])
        missed[:, test] = np.where(probes, np.nan, error)
    flat = missed.reshape(len(orders), n_probes, -1)
    return np.asarray(np.nanmedian(flat, axis=2))
