"""What forecasts the larger models from the smaller: clusters, item response, or total scores?

The largest one and two rungs of the evidence are held out in turn, and forecast from the rest:

    error = mean |z(forecast) - z(measured)|,  z = -log(-log score)

Source: rolling origins (Tashman 2000). The scale is that of the laws, which sees low pass rates.
Fails when: the evidence is so short that the lower part carries nothing (then there is no trial).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from scalepredict.predictors.cod.cluster_fit import ClusterFit, fit_clusters
from scalepredict.predictors.cod.clustering import Clustering
from scalepredict.predictors.cod.difficulty import MIN_MODELS, Difficulty
from scalepredict.predictors.cod.item_response import fit_items
from scalepredict.records.table import Floats

MIN_PREDICTABLE = 0.2  # share of the score: with less the map, not the clusters, is the forecast
# Share of the error that another way must come below to be taken, and what no way can be blamed
# for, added to both errors. Item response and clusters are nearly alike where both hold.
ITEMS_GAIN, ITEMS_NOISE = 0.7, 0.1
MIX_GAIN, NOISE = 0.7, 0.02
SAMPLING = 2.0  # standard errors of the measured scores, which are no error of a way either
CLIP = (1e-4, 1 - 1e-4)  # scores of 0 and 1 have no log(-log)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trial:
    """Errors on held-out models of one benchmark; NaN = not tried, or no forecast.

    Attributes:
        clusters: Of clusters, in z.
        items: Of item response.
        default: Of the default on total scores.
        clusters_ratio: Error of the mean in z of clusters and the default over that of clusters,
            the largest of all origins, with what no way can be blamed for added to both.
        items_ratio: The same of item response and the default.
        part_error: Forecast minus measured of the predictable part of the largest model, where
            it alone is held out; a fraction.
        whole_error: The same of the benchmark.
        sampling: Standard error of the held-out scores, in z: what their answers leave.
    """

    clusters: float = np.nan
    items: float = np.nan
    default: float = np.nan
    clusters_ratio: float = np.nan
    items_ratio: float = np.nan
    part_error: float = np.nan
    whole_error: float = np.nan
    sampling: float = 0.0

    @property
    def why_items(self) -> str:
        """Why item response is taken, where clusters could be had; empty = it is not."""
        if np.isfinite(self.items) and np.isnan(self.clusters):
            return "the smaller models carry no clusters, so nothing tells whether they hold"
        if self.items + ITEMS_NOISE < ITEMS_GAIN * (self.clusters + ITEMS_NOISE):
            return f"that misses models held out by {self.items / self.clusters:.0%} of their error"
        return ""

    def default_share(self, *, by_clusters: bool) -> float:
        """Share of the default in the forecast: none, unless it gains."""
        own, ratio = (
            (self.clusters, self.clusters_ratio) if by_clusters else (self.items, self.items_ratio)
        )
        if not ratio < MIX_GAIN:
            return 0.0
        noise = NOISE + SAMPLING * self.sampling
        weight, other = (own + noise) ** -2, (self.default + noise) ** -2
        return other / (weight + other)


def mixed(own: Floats, other: Floats, share: Floats | float) -> Floats:
    """Mean of two forecasts in z; ``share`` is that of the other. Arrays broadcast."""
    z = (1 - share) * to_z(own) + share * to_z(other)
    return np.asarray(np.exp(-np.exp(-z)))


def to_z(score: Floats) -> Floats:
    """-log(-log score)."""
    return np.asarray(-np.log(-np.log(np.clip(score, *CLIP))))


def try_out(
    difficulty: Difficulty,
    default: Mapping[float, Floats],
    clustering: Clustering,
    *,
    rng: np.random.Generator,
) -> Trial:
    """Hold out the larger models of one benchmark.

    Args:
        difficulty: All its models.
        default: Forecasts of its d models by the default, by cutoff, the highest first. Shape (d,).
        clustering: How to cluster questions.
        rng: Draws the halves of the answers.
    """
    missed = list(_missed(difficulty, default, clustering, rng))
    if not missed:
        return Trial()
    errors = {name: np.array([m.errors[name] for m in missed]) for name in missed[0].errors}
    noise = NOISE + SAMPLING * np.array([m.sampling for m in missed])
    ratio = {
        name: float(np.max((errors[f"{name}_mixed"] + noise) / (errors[name] + noise)))
        for name in ("clusters", "items")
    }
    return Trial(
        clusters=float(errors["clusters"].mean()),
        items=float(errors["items"].mean()),
        default=float(errors["default"].mean()),
        clusters_ratio=ratio["clusters"],
        items_ratio=ratio["items"],
        part_error=missed[0].part_error,
        whole_error=missed[0].whole_error,
        sampling=float(np.mean([m.sampling for m in missed])),
    )


@dataclass(frozen=True, slots=True)
class _Missed:
    errors: Mapping[str, float]
    part_error: float
    whole_error: float
    sampling: float


def _missed(
    difficulty: Difficulty,
    default: Mapping[float, Floats],
    clustering: Clustering,
    rng: np.random.Generator,
) -> Iterator[_Missed]:
    for cutoff, points in default.items():
        lower = difficulty.up_to(cutoff)
        above = difficulty.flops > cutoff
        if len(lower.flops) < MIN_MODELS or not above.any() or lower.solved_by_none.all():
            continue
        flops, full = difficulty.flops[above], difficulty.full[above]
        none = np.full(len(flops), np.nan)
        clusters = fit_clusters(lower, clustering, n_resamples=0, rng=rng)
        by_clusters, part, whole = none, np.nan, np.nan
        if clusters is not None and clusters.extrapolatable.any():
            mapped = clusters.whole_at(flops)[0]
            part, whole = _part_error(clusters, difficulty), float(mapped[-1] - full[-1])
            by_clusters = mapped if clusters.predictable_share >= MIN_PREDICTABLE else none
        items = fit_items(
            lower.rates, lower.trials, lower.weights, flops=lower.flops, chance=lower.chance
        ).at(flops)
        other = points[above]
        made = {
            "clusters": by_clusters,
            "items": items,
            "default": other,
            "clusters_mixed": mixed(by_clusters, other, 0.5),
            "items_mixed": mixed(items, other, 0.5),
        }
        yield _Missed(
            {name: float(np.abs(to_z(p) - to_z(full)).mean()) for name, p in made.items()},
            part,
            whole,
            float(_sampling(difficulty)[above].mean()),
        )


def _sampling(difficulty: Difficulty) -> Floats:
    # Standard errors of the benchmark's scores in z; 0 of graded scores. Shape (d,).
    answers = difficulty.trials.sum(axis=0)
    p = np.clip(difficulty.full, *CLIP)
    error = np.sqrt(p * (1 - p) / answers) / (p * np.abs(np.log(p)))
    return np.asarray(np.nan_to_num(error))


def _part_error(clusters: ClusterFit, difficulty: Difficulty) -> float:
    weights = difficulty.weights * clusters.predictable
    measured = weights @ difficulty.rates[:, -1] / weights.sum()
    return float(clusters.part_at(difficulty.flops[-1:])[0, 0] - measured)
