"""How far is a completed cell of a model card from its score? Judged on models left out.

    forecast = weight_j * completion + (1 - weight_j) * capability link, where both forecast
    u^2 = p (1 - p) * (ratio_j * doubt)^2 + APART (completion - link)^2
    interval = p +- quantile(|error| / u) * u

where doubt is larger the fewer scores of a model are known (completion.py).

Folds of models are left out of both fits; of each such model an eighth of the scores is hidden in
turn and forecast from the others. Their errors give the weights, the ratios (medians; both drawn
towards the common one) and the quantiles.

Source: split conformal prediction (Vovk, Gammerman & Shafer 2005; Lei et al. 2018,
    doi:10.1080/01621459.2017.1307116), with a scale for each benchmark.

Letters: M models, N targets, T benchmarks, Q probabilities.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scalepredict.predictors.interface import PROBABILITIES
from scalepredict.predictors.observational.completion import Completion, complete, fit_completion
from scalepredict.records.table import Bools, EvalTable, Floats

FOLDS, PARTS = 5, 8
MOST_MODELS = 600  # that errors are read off; more would not move the weight
ENOUGH_CELLS = 5000  # hidden ones, after which no further models are left out
APART = 0.1
FEWEST_CELLS = 40  # hidden ones, below which no interval is read off them
PSEUDO_CELLS = 10.0  # of the common weight and ratio, in those of each benchmark
# Level and size of a benchmark that few models were measured on are themselves uncertain, and cells
# left out do not tell by how much. By benchmarks of which all scores but 1, 2, 3 or 5 were hidden.
FEW_SCORES = 30.0
EDGE = 0.02  # a score of exactly 0 or 1 is not free of error
WEIGHTS = np.linspace(0.0, 1.0, 11)

# Fits capability links to a table and forecasts every benchmark of other rows, each without its own
# score; NaN where they say nothing.
Links = Callable[[EvalTable, EvalTable], Floats]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ModelCard:
    """A completion, and what its errors and those of capability links have shown.

    Attributes:
        completion: Fitted to all models.
        weight: Of the completion where there is a capability link too. Shape (T,).
        ratio: Median error over sqrt(p (1 - p)) * doubt; more where few models were measured.
            Shape (T,).
        quantiles: Of error / u at PROBABILITIES; None = too few cells to tell. Shape (Q,).
    """

    completion: Completion
    weight: Floats
    ratio: Floats
    quantiles: Floats | None

    def forecast(self, known: Floats, linked: Floats, *, averaged: Bools) -> tuple[Floats, Floats]:
        """Points, and quantiles at PROBABILITIES, NaN where too few cells tell them.

        Args:
            known: Scores that are known, NaN = unknown. Shape (N, T).
            linked: Forecasts of capability links, NaN = none. Shape (N, T).
            averaged: Where links are averaged with the completion. Shape (N, T).

        Returns:
            Shapes (N, T) and (N, T, Q).
        """
        completed, doubt = complete(self.completion, known)
        points = _averaged(completed, linked, np.where(averaged, self.weight, 0.0))
        if self.quantiles is None:
            return points, np.full((*points.shape, len(PROBABILITIES)), np.nan)
        scale = _scale(points, self.ratio * doubt, completed - linked)
        return points, np.clip(points[..., None] + scale[..., None] * self.quantiles, 0.0, 1.0)


def fit_card(table: EvalTable, links: Links, step: Callable[[], None] = lambda: None) -> ModelCard:
    """Fit the completion, and judge it beside capability links on models left out.

    Args:
        table: All models with a score.
        links: See `Links`.
        step: Called after each of FOLDS folds.
    """
    n_models = len(table.checkpoints)
    spaced = np.unique(np.linspace(0, n_models - 1, min(n_models, MOST_MODELS)).astype(int))
    sample = table.take_rows(spaced)
    hidden, completed, doubt, linked = _left_out(sample, links, step)
    observed = sample.scores
    weight = _best_weights(completed, linked, observed, hidden)
    points = _averaged(completed, linked, weight)
    judged = hidden & np.isfinite(points)
    ratio = np.where(judged, np.abs(points - observed), np.nan) / (_size(points) * doubt)
    common = float(np.nanmedian(ratio)) if judged.any() else 0.0
    count = judged.sum(axis=0)
    filled = np.where(judged | (count == 0), np.nan_to_num(ratio), np.nan)
    own = np.nanmedian(filled, axis=0)
    drawn = (count * own + PSEUDO_CELLS * common) / (count + PSEUDO_CELLS)
    models = np.maximum(np.isfinite(table.scores).sum(axis=0), 1)
    few = np.sqrt(1 + FEW_SCORES / models**2)
    quantiles = None
    if judged.sum() >= FEWEST_CELLS and common > 0:
        scale = _scale(points, drawn * doubt, completed - linked)
        error = (np.abs(points - observed) / scale)[judged]
        coverage = np.abs(2 * PROBABILITIES - 1)
        level = np.minimum(coverage * (1 + 1 / error.size), 1.0)  # conformal, of a finite sample
        quantiles = np.sign(PROBABILITIES - 0.5) * np.quantile(error, level)
    return ModelCard(
        completion=fit_completion(table.scores),
        weight=weight,
        ratio=few * drawn,
        quantiles=quantiles,
    )


def _left_out(
    table: EvalTable, links: Links, step: Callable[[], None]
) -> tuple[Bools, Floats, Floats, Floats]:
    # Which cells were hidden and forecast; by the completion what, with what doubt; by links what.
    scores, n_models = table.scores, len(table.checkpoints)
    hidden = np.zeros(scores.shape, dtype=bool)
    completed, doubt, linked = (np.full(scores.shape, np.nan) for _ in range(3))
    for fold in range(FOLDS):
        test = np.arange(fold, n_models, FOLDS)
        step()
        if not test.size or hidden.sum() >= ENOUGH_CELLS:
            continue
        train = table.take_rows(np.setdiff1d(np.arange(n_models), test))
        part = _parts(scores[test]) == np.arange(PARTS)[:, None, None]  # (PARTS, tested, T)
        rest = table.take_rows(np.tile(test, PARTS))
        rest = rest.with_scores(np.concatenate(np.where(part, np.nan, scores[test])))
        part &= np.reshape(np.isfinite(rest.scores).any(axis=1), (PARTS, -1, 1))
        hidden[test] = part.any(axis=0)
        points, doubts = complete(fit_completion(train.scores), rest.scores)
        for found, values in (
            (completed, points),
            (doubt, doubts),
            (linked, links(train, rest)),
        ):
            mine = np.where(part, values.reshape(part.shape), 0.0).sum(axis=0)
            found[test] = np.where(hidden[test], mine, np.nan)
    return hidden, completed, doubt, linked


def _parts(scores: Floats) -> Floats:
    # The part in which each cell is hidden: the scores of a model in turn, NaN where there is none.
    measured = np.isfinite(scores)
    turn = np.cumsum(measured, axis=1) + np.arange(len(scores))[:, None]
    return np.where(measured, turn % PARTS, np.nan)


def _best_weights(completed: Floats, linked: Floats, observed: Floats, hidden: Bools) -> Floats:
    both = hidden & np.isfinite(completed) & np.isfinite(linked)
    apart = np.where(both, linked - observed, 0.0)
    step = np.where(both, completed - linked, 0.0)
    errors = np.stack([np.abs(apart + weight * step).sum(axis=0) for weight in WEIGHTS])
    common = errors.sum(axis=1) / max(int(both.sum()), 1)
    drawn = errors + PSEUDO_CELLS * common[:, None]
    return WEIGHTS[np.argmin(drawn, axis=0)] if both.any() else np.ones(observed.shape[1])


def _averaged(completed: Floats, linked: Floats, weight: Floats) -> Floats:
    both = np.isfinite(completed) & np.isfinite(linked)
    one = np.where(np.isfinite(linked), linked, completed)
    return np.where(both, weight * completed + (1 - weight) * linked, one)


def _scale(points: Floats, ratio: Floats, apart: Floats) -> Floats:
    return np.sqrt((_size(points) * ratio) ** 2 + APART * np.nan_to_num(apart) ** 2)


def _size(points: Floats) -> Floats:
    p = np.clip(points, EDGE, 1 - EDGE)
    return np.asarray(np.sqrt(p * (1 - p)))
