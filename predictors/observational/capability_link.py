"""How does a score follow from capabilities? A sigmoid of a weighted sum, averaged over its length.

    score = low + (high - low) * sigmoid(level + w_1 c_1 + ... + w_k c_k)

with capabilities c in units of the first component, low around chance (models do score below it)
and high from 1 downward, each within a band, one fit for each number of components k.

Source: the regression of Ruan, Maddison & Hashimoto (2024, 2405.10938): sigmoid with an estimated
    floor, least squares on the score.
Departures: ridge on the weights; a ceiling; a floor that evidence can draw below chance; the
    forecast is the mean over the uncertainty of the weighted sum (Laplace, Gauss-Hermite), not the
    curve at its best fit; all k up to the rank are averaged with weights 1 / (mean squared error of
    forecasts of the more capable models), many only where models are many, and one alone less.
Fails when: the benchmark needs what no component carries (see `explained`).

Letters: M models, T benchmarks, K components, V variants (numbers of components), B = T * V.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from scalepredict.predictors.limits import SCORE_CLIP
from scalepredict.predictors.numerics.least_squares import best_of_starts
from scalepredict.records.table import Bools, Floats, Ints, taken

BAND = 0.2  # a floor is at most this far above chance, a ceiling this far below 1
BELOW = 0.1  # and at most this far below chance
LOW_QUANTILE = 0.05  # of the scores: where the floor lies without other evidence, or at chance
# Where in their bands floor and ceiling lie without evidence (the floor of a benchmark without
# chance level 5 % and the ceiling 0.7 % of the way to the other end), and how firmly: a run of
# scores near 1 is seldom in the evidence, one near chance often.
BAND_LOGIT, BAND_WEIGHT = np.array([-3.0, -5.0]), np.array([0.015, 0.2])
MOST_LOGIT = 15.0  # bound on band logits and level: a benchmark of zeros has no finite best level
RIDGE = 3e-4  # squared score errors that a weight of 1 costs; usual are 2 logits for one
# standard deviation of the first component
MOST_SPREAD = 1.5  # logits: the level of a flat benchmark has no second-order error, since nothing
# tells how far below chance it is; unbounded, its average would be a coin toss
MIN_MODELS = 5
MOST_MODELS = 600  # that a curve is fitted to; more would not move it
# Few models do not tell many components apart, and forecast best by one; with more, one component
# alone spoils an average.
MODELS_PER_COMPONENT, LEAST_COMPONENTS = 5, 3
FEW_MODELS, ENOUGH_MODELS, SHARES_OF_ONE = 16, 25, (2.0, 1.0, 0.2)
ORIGINS = (0.5, 0.65, 0.8)  # shares of the models, the least capable first, that forecast the rest
NODES, NODE_WEIGHTS = np.polynomial.hermite_e.hermegauss(15)
NODE_WEIGHTS = NODE_WEIGHTS / NODE_WEIGHTS.sum()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Links:
    """Fitted curves of T benchmarks in V variants.

    Attributes:
        params: Low, high (as logits inside their bands), level, weights. Shape (T, V, 3 + K).
        covariance: Of level and weights. Shape (T, V, 1 + K, 1 + K).
        residual: Variance of the next score around the curve, squared fractions; with few models
            above that of the fitted ones (Student's t). Shape (T, V).
        share: Weight of each variant in the average; sums to 1. Shape (T, V).
        rolling: Mean squared error when less capable models forecast the rest. Shape (T, V).
        explained: Share of the variance of the scores that the average explains. Shape (T,).
        chance: Score of a guesser. Shape (T,).
        below: How far below chance the band of the floor begins; None = nowhere (fits of the
            first version). Shape (T,).
    """

    params: Floats
    covariance: Floats
    residual: Floats
    share: Floats
    rolling: Floats
    explained: Floats
    chance: Floats
    below: Floats | None = None

    @property
    def bands(self) -> "Bands":
        """Where floors and ceilings may lie."""
        return Bands(self.chance, np.zeros(len(self.chance)) if self.below is None else self.below)

    @property
    def floor(self) -> Floats:
        """Floor of each benchmark, the average over the variants. Shape (T,)."""
        return np.asarray((self.bands.ends(self.params)[0] * self.share).sum(axis=1))


@dataclass(frozen=True, slots=True, eq=False)
class Bands:
    """Where the floors and ceilings of T benchmarks may lie; shapes (T,)."""

    chance: Floats
    below: Floats

    @classmethod
    def around(cls, chance: Floats) -> "Bands":
        """Bands that reach below chance, but not below a score of zero."""
        return cls(chance, np.minimum(BELOW, chance))

    @property
    def width(self) -> Floats:
        """Widths of the bands of floor and ceiling. Shape (T, 2)."""
        room = BAND * (1 - self.chance)
        return np.stack([self.below + room, room], axis=1)

    def prior(self, scores: Floats) -> Floats:
        """Logits inside the bands before any fit, from scores (M, T) with NaN. Shape (T, 2)."""
        measured = np.isfinite(scores).any(axis=0)
        quantile = np.nanquantile(np.where(measured, scores, 0.0), LOW_QUANTILE, axis=0)
        start = np.minimum(self.chance, np.where(measured, quantile, self.chance))
        share = (start - self.chance + self.below) / self.width[:, 0]
        logits = np.tile(BAND_LOGIT, (len(self.chance), 1))
        logits[:, 0] = np.maximum(logit(np.clip(share, 1e-9, 1 - 1e-9)), logits[:, 0])
        return logits

    def take(self, index: Ints) -> "Bands":
        """The bands of the chosen benchmarks."""
        return taken(self, index)

    def ends(self, params: Floats) -> tuple[Floats, Floats]:
        """Floors and heights at parameters (T, ..., P); shape (T, ...)."""
        wide = (len(self.chance), *(1,) * (params.ndim - 2))
        room = self.width.reshape(*wide, 2)
        low = (self.chance - self.below).reshape(wide) + room[..., 0] * expit(params[..., 0])
        return low, 1 - room[..., 1] * expit(params[..., 1]) - low


def fit_links(
    coordinates: Floats,
    scores: Floats,
    chance: Floats,
    variants: tuple[int, ...],
    *,
    judged: bool = True,
) -> Links:
    """Fit every benchmark with every number of components.

    Args:
        coordinates: Capabilities as known without the benchmark's own score. Shape (M, T, K).
        scores: Fractions; NaN = missing. Shape (M, T).
        chance: Shape (T,).
        variants: Numbers of components.
        judged: Whether variants are weighted by their rolling errors; else equally.
    """
    coordinates, scores = _spaced(coordinates, scores)
    measured = np.isfinite(scores)
    bands = Bands.around(chance)
    full = _fit(coordinates, scores, measured, bands, variants, None)
    rolling = np.ones_like(full.residual)
    if judged:
        rolling = _rolling_errors(coordinates, scores, bands, variants, full.params)
    weight = _prior_share(measured.sum(axis=0), variants) / np.maximum(rolling, 1e-8)
    share = weight / weight.sum(axis=1, keepdims=True)
    fitted = np.einsum("mtv,tv->mt", _curves(full.params, coordinates, bands), share)
    mean = np.where(measured, scores, 0.0).sum(axis=0) / np.maximum(measured.sum(axis=0), 1)
    left = np.where(measured, scores - fitted, 0.0)
    total = np.where(measured, scores - mean, 0.0)
    explained = 1 - (left**2).sum(axis=0) / np.maximum((total**2).sum(axis=0), 1e-12)
    return Links(
        params=full.params,
        covariance=full.covariance,
        residual=full.residual,
        share=share,
        rolling=rolling,
        explained=explained,
        chance=chance,
        below=bands.below,
    )


def _spaced(coordinates: Floats, scores: Floats) -> tuple[Floats, Floats]:
    # At most MOST_MODELS measured models of each benchmark, evenly spaced by first capability.
    if len(scores) <= MOST_MODELS:
        return coordinates, scores
    measured = np.isfinite(scores)
    count = measured.sum(axis=0)
    order = np.argsort(np.where(measured, coordinates[:, :, 0], np.inf), axis=0, kind="stable")
    step = np.arange(MOST_MODELS)[:, None]
    wide = (step * (count - 1) / (MOST_MODELS - 1)).astype(int)
    rows = np.take_along_axis(order, np.where(count > MOST_MODELS, wide, step), axis=0)
    return (
        np.take_along_axis(coordinates, rows[:, :, None], axis=0),
        np.take_along_axis(scores, rows, axis=0),
    )


def _prior_share(count: Ints, variants: tuple[int, ...]) -> Floats:
    # What each number of components counts for before its rolling error. Shape (T, V).
    k = np.array(variants)
    most = np.maximum(count // MODELS_PER_COMPONENT, max(LEAST_COMPONENTS, int(k[0])))
    share = (k <= most[:, None]).astype(float)
    if len(k) > 1 and k[0] == 1:
        steps = (count >= FEW_MODELS).astype(int) + (count >= ENOUGH_MODELS)
        share[:, 0] = np.array(SHARES_OF_ONE)[steps]
    return share


def apply_links(
    links: Links, coordinates: Floats, covariance: Floats
) -> tuple[Floats, Floats, Floats]:
    """Mean of the next measured scores, their variance in a variant, and that of its mean.

    Args:
        links: Curves of T benchmarks.
        coordinates: Shape (N, T, K).
        covariance: Uncertainty of the coordinates. Shape (N, T, K, K).

    Returns:
        Three arrays of shape (N, T); the variances are weighted means over the variants.
    """
    low, height, share = _spread_shares(links, coordinates, covariance)
    curve = low[..., None] + height[..., None] * share
    mean = curve @ NODE_WEIGHTS
    square = (curve**2) @ NODE_WEIGHTS - mean**2 + links.residual
    point = np.einsum("ntv,tv->nt", mean, links.share)
    apart = (mean - point[..., None]) ** 2
    return (
        point,
        np.einsum("ntv,tv->nt", square, links.share),
        np.einsum("ntv,tv->nt", apart, links.share),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Fits:
    params: Floats
    covariance: Floats
    residual: Floats


def _fit(
    coordinates: Floats,
    scores: Floats,
    used: Bools,
    bands: Bands,
    variants: tuple[int, ...],
    start: Floats | None,
) -> _Fits:
    n_units, n_variants, width = scores.shape[1], len(variants), coordinates.shape[2]
    unit = np.repeat(np.arange(n_units), n_variants)
    active = np.arange(width) < np.tile(variants, n_units)[:, None]
    bound = np.full((len(unit), 3 + width), np.inf)
    bound[:, :3] = MOST_LOGIT
    bound[:, 3:][~active] = 0.0
    prior = bands.prior(np.where(used, scores, np.nan))
    problem = _Problem(
        design=np.ascontiguousarray(coordinates.swapaxes(0, 1)),
        scores=np.where(used, scores, 0.0).T,
        used=used.T.astype(float),
        bands=bands,
        prior=prior,
        unit=unit,
    )
    starts = (
        _starts(scores, used, bands.chance, prior, unit, width)
        if start is None
        else start[:, None, :]
    )
    best = best_of_starts(problem, starts, lower=-bound, upper=bound, tolerance=1e-6).solution
    n_used = used.sum(axis=0)[unit]
    residuals, _ = problem(best.params, np.arange(len(unit)))
    sum_sq = (residuals[:, : len(scores)] ** 2).sum(axis=1)
    spare = np.maximum(n_used - active.sum(axis=1) - 2, 1)
    residual = sum_sq / np.maximum(spare - 2, 1)
    curvature = best.curvature + 1e-9 * np.eye(3 + width)
    covariance = residual[:, None, None] * np.linalg.inv(curvature)
    keep = np.concatenate([np.ones((len(unit), 1), dtype=bool), active], axis=1)
    both = keep[:, :, None] & keep[:, None, :]
    shape = (n_units, n_variants)
    return _Fits(
        params=best.params.reshape(*shape, -1),
        covariance=np.where(both, covariance[:, 2:, 2:], 0.0).reshape(*shape, width + 1, width + 1),
        residual=residual.reshape(shape),
    )


def _starts(
    scores: Floats, used: Bools, chance: Floats, prior: Floats, unit: Ints, width: int
) -> Floats:
    mean = np.where(used, scores, 0.0).sum(axis=0) / np.maximum(used.sum(axis=0), 1)
    level = logit(np.clip((mean - chance) / (1 - chance), *SCORE_CLIP))[unit]
    starts = np.zeros((len(unit), 3, 3 + width))
    starts[:, :, :2] = prior[unit][:, None, :]
    starts[:, :, 2] = level[:, None] + np.array([0.0, 0.0, -1.5])
    starts[:, :, 3] = np.array([0.3, 1.5, 1.5])
    return starts


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Problem:
    design: Floats  # (T, M, K)
    scores: Floats  # (T, M)
    used: Floats  # (T, M)
    bands: Bands
    prior: Floats  # (T, 2)
    unit: Ints  # benchmark of each of B problems

    def __call__(self, params: Floats, rows: Ints) -> tuple[Floats, Floats]:
        unit = self.unit[rows]
        design, used = self.design[unit], self.used[unit]
        n_models, width = design.shape[1:]
        bands = self.bands.take(unit)
        low, height = bands.ends(params)
        share = expit(
            params[:, 2, None] + (design @ params[:, 3:, None])[:, :, 0],
        )
        inside = expit(params[:, :2])
        room = bands.width * inside * (1 - inside)
        residual = np.empty((len(rows), n_models + 2 + width))
        jacobian = np.zeros((len(rows), n_models + 2 + width, 3 + width))
        residual[:, :n_models] = used * (low[:, None] + height[:, None] * share - self.scores[unit])
        slope = used * height[:, None] * share * (1 - share)
        jacobian[:, :n_models, 0] = used * (1 - share) * room[:, :1]
        jacobian[:, :n_models, 1] = -used * share * room[:, 1:]
        jacobian[:, :n_models, 2] = slope
        jacobian[:, :n_models, 3:] = slope[:, :, None] * design
        residual[:, n_models : n_models + 2] = BAND_WEIGHT * (params[:, :2] - self.prior[unit])
        residual[:, n_models + 2 :] = np.sqrt(RIDGE) * params[:, 3:]
        jacobian[:, n_models + np.arange(2), np.arange(2)] = BAND_WEIGHT
        jacobian[:, n_models + 2 + np.arange(width), 3 + np.arange(width)] = np.sqrt(RIDGE)
        return residual, jacobian


def _curves(params: Floats, coordinates: Floats, bands: Bands) -> Floats:
    index = params[:, :, 2] + np.einsum("mtk,tvk->mtv", coordinates, params[:, :, 3:])
    low, height = bands.ends(params)
    return np.asarray(low + height * expit(index))


def _rolling_errors(
    coordinates: Floats, scores: Floats, bands: Bands, variants: tuple[int, ...], start: Floats
) -> Floats:
    measured = np.isfinite(scores)
    count = measured.sum(axis=0)
    # Rank of each model among those measured on the benchmark, by its first capability.
    ability = np.where(measured, coordinates[:, :, 0], np.inf)
    rank = np.argsort(np.argsort(ability, axis=0, kind="stable"), axis=0, kind="stable")
    error = np.zeros((scores.shape[1], len(variants)))
    tests = np.zeros(scores.shape[1])
    for origin in ORIGINS:
        first = np.maximum(np.floor(origin * count), np.minimum(MIN_MODELS, count))
        train = measured & (rank < first)
        fits = _fit(coordinates, scores, train, bands, variants, start.reshape(-1, start.shape[2]))
        links = Links(
            params=fits.params,
            covariance=fits.covariance,
            residual=fits.residual,
            share=np.ones_like(fits.residual),
            rolling=fits.residual,
            explained=np.zeros(len(bands.chance)),
            chance=bands.chance,
            below=bands.below,
        )
        later = measured & ~train
        missed = _means(links, coordinates) - np.where(measured, scores, 0.0)[:, :, None]
        error += (np.where(later[:, :, None], missed, 0.0) ** 2).sum(axis=0)
        tests += later.sum(axis=0)
    return error / np.maximum(tests, 1.0)[:, None]


def _means(links: Links, coordinates: Floats) -> Floats:
    low, height, share = _spread_shares(links, coordinates, None)
    return np.asarray(low + height * (share @ NODE_WEIGHTS))


def _spread_shares(
    links: Links, coordinates: Floats, covariance: Floats | None
) -> tuple[Floats, Floats, Floats]:
    # Floor and height of the curves (T, V), and how far up they are at each node (N, T, V, nodes).
    design = np.concatenate([np.ones((*coordinates.shape[:2], 1)), coordinates], axis=2)
    index = np.einsum("ntk,tvk->ntv", design, links.params[:, :, 2:])
    variance = np.einsum("ntk,tvkl,ntl->ntv", design, links.covariance, design, optimize=True)
    if covariance is not None:
        weights = links.params[:, :, 3:]
        variance = variance + np.einsum(
            "tvk,ntkl,tvl->ntv", weights, covariance, weights, optimize=True
        )
    spread = np.minimum(np.sqrt(np.maximum(variance, 0.0)), MOST_SPREAD)
    low, height = links.bands.ends(links.params)
    return low, height, expit(index[..., None] + spread[..., None] * NODES)
