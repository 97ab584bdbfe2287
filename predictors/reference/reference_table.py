"""What do public models say of a benchmark? Level and slope of its curve, and how families differ.

Benchmark by benchmark: every family has its own (level, slope) about a common mean; means,
covariances and the scatter of models about their family's curve are estimated by EM. A family of
a lab counts with 1 / sqrt(families of that lab), so that no lab speaks for all.

Source: normal hierarchical model with Laplace posteriors, EM (Gelman et al., Bayesian Data
    Analysis, 3rd ed., chapters 5 and 13).
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from scalepredict.predictors.reference.reference_curves import (
    MAX_STEPS,
    MOST_ITEMS,
    RUN_NOISE,
    Measured,
    Priors,
    absolute_index,
    curve_sums,
    curve_value,
    fit_with_priors,
)
from scalepredict.predictors.scale.scale_evidence import Scale
from scalepredict.records.reference_rows import (
    ReferenceRows,
    shipped_reference_rows,
    shipped_table,
)
from scalepredict.records.table import ASSUMED_ITEMS, FLOPS_PER_PARAM_TOKEN, Floats, Ints

ROUNDS = 80
WHOLE_ROUNDS = 3  # rounds whose fits run to the end
STEPS = 3  # of the fits in later rounds, each from where the last round ended
FEWEST_LABS = 2
FEWEST_MODELS = 10
LOW_QUANTILE, BELOW_IT = 0.03, 0.005  # the floor lies below the lowest scores
START_MEAN = np.array([-1.0, 0.6])
START_COVARIANCE = np.diag([4.0, 0.25])
START_SCATTER = 0.25
PRIOR_FAMILIES, PRIOR_COVARIANCE = 8.0, np.diag([1.0, 0.25**2])
PRIOR_SCORES, PRIOR_SCATTER = 10.0, 0.2
SCATTER_RANGE = (0.05, 0.6)
LEAST_RISE = 0.05  # of the curve, where a score tells the scatter in logits
SHIPPED = "reference.csv"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReferenceTable:
    """The curves of B benchmarks; a benchmark of fewer than 2 labs or 10 models has no row.

    Attributes:
        benchmarks: Canonical names, sorted. Length B.
        chance: Nominal scores of a guesser. Shape (B,).
        priors: Floors, means, covariances and scatter.
        labs: Number of labs behind each curve. Shape (B,).
        families: Number of families. Shape (B,).
        models: Number of models. Shape (B,).
        without: Labs that took no part.
    """

    benchmarks: tuple[str, ...]
    chance: Floats
    priors: Priors
    labs: Ints
    families: Ints
    models: Ints
    without: tuple[str, ...] = ()


@cache
def reference_table(without: frozenset[str] = frozenset()) -> ReferenceTable:
    """The curves that public models of all other labs give.

    Without one lab as stored in ``configs/reference.csv``; without several made on the spot from
    the rows that ship.
    """
    left_out = tuple(sorted(without))
    if len(left_out) > 1:
        rows = shipped_reference_rows()
        return replace(make_reference_table(rows.without(left_out)), without=left_out)
    stored = _stored().get("".join(left_out)) or _stored()[""]
    return replace(_from_csv(stored), without=left_out)


@cache
def _stored() -> dict[str, list[dict[str, str]]]:
    tables: dict[str, list[dict[str, str]]] = {}
    for row in shipped_table(SHIPPED):
        tables.setdefault(row["without"], []).append(row)
    return tables


def make_reference_table(rows: ReferenceRows) -> ReferenceTable:
    """Estimate the curves of all benchmarks that enough labs and models were measured on."""
    benchmark, names = _numbered(rows.benchmark)
    lab, _ = _numbered(rows.lab)
    model, _ = _numbered(rows.model)
    whole = [f"{b}\n{f}" for b, f in zip(rows.benchmark, rows.family, strict=True)]
    curve, _ = _numbered(whole)  # one curve for each benchmark and family
    labs = _distinct(benchmark, lab, len(names))
    models = _distinct(benchmark, model, len(names))
    enough = (labs >= FEWEST_LABS) & (models >= FEWEST_MODELS)
    kept = enough[benchmark]
    rows, place = rows.take(kept), np.cumsum(enough) - 1
    _, curve = np.unique(curve[kept], return_inverse=True)
    evidence = _Evidence.of(rows, place[benchmark[kept]], curve, lab[kept])
    priors = _estimate(evidence, _floors(rows, evidence.benchmark))
    return ReferenceTable(
        benchmarks=tuple(name for name, use in zip(names, enough, strict=True) if use),
        chance=_least(evidence.benchmark, rows.chance, enough.sum()),
        priors=priors,
        labs=labs[enough],
        families=np.bincount(evidence.benchmark_of_curve, minlength=enough.sum()),
        models=models[enough],
    )


def table_rows(table: ReferenceTable, without: str) -> list[dict[str, str]]:
    """The table as rows of text for ``configs/reference.csv``, to nine digits."""
    rows = []
    for i, name in enumerate(table.benchmarks):
        prior = table.priors
        values: dict[str, float] = {
            "chance": table.chance[i],
            "floor": prior.floor[i],
            "level": prior.mean[i, 0],
            "slope": prior.mean[i, 1],
            "level_variance": prior.covariance[i, 0, 0],
            "slope_variance": prior.covariance[i, 1, 1],
            "covariance": prior.covariance[i, 0, 1],
            "scatter": prior.scatter[i],
        }
        counts = {"labs": table.labs[i], "families": table.families[i], "models": table.models[i]}
        rows.append(
            {"without": without, "benchmark": name}
            | {key: f"{value:.9g}" for key, value in values.items()}
            | {key: str(int(count)) for key, count in counts.items()}
        )
    return rows


def _from_csv(rows: list[dict[str, str]]) -> ReferenceTable:
    def column(name: str) -> Floats:
        return np.array([float(row[name]) for row in rows])

    def counts(name: str) -> Ints:
        return np.array([int(row[name]) for row in rows], dtype=np.intp)

    both = column("covariance")
    covariance = np.stack([column("level_variance"), both, both, column("slope_variance")], axis=1)
    return ReferenceTable(
        benchmarks=tuple(row["benchmark"] for row in rows),
        chance=column("chance"),
        priors=Priors(
            floor=column("floor"),
            mean=np.stack([column("level"), column("slope")], axis=1),
            covariance=covariance.reshape(-1, 2, 2),
            scatter=column("scatter"),
        ),
        labs=counts("labs"),
        families=counts("families"),
        models=counts("models"),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Evidence:
    # R scores of F curves of B benchmarks.
    measured: Measured
    benchmark: Ints  # (R,)
    benchmark_of_curve: Ints  # (F,)
    curve_weight: Floats  # (F,)

    @classmethod
    def of(cls, rows: ReferenceRows, benchmark: Ints, curve: Ints, lab: Ints) -> "_Evidence":
        flops = FLOPS_PER_PARAM_TOKEN * rows.params * rows.tokens
        scale = Scale(params=rows.params, tokens=rows.tokens, flops=flops)
        _, first = np.unique(curve, return_index=True)
        pair = benchmark[first] * (lab.max() + 1) + lab[first]
        _, same, siblings = np.unique(pair, return_inverse=True, return_counts=True)
        return cls(
            measured=Measured(
                curve=curve,
                x=absolute_index(scale),
                y=rows.score,
                n_items=np.where(np.isfinite(rows.n_items), rows.n_items, ASSUMED_ITEMS),
                weight=np.ones(len(curve)),
            ),
            benchmark=benchmark,
            benchmark_of_curve=benchmark[first],
            curve_weight=1 / np.sqrt(siblings[same]),
        )


def _estimate(evidence: _Evidence, floor: Floats) -> Priors:
    n = len(floor)
    priors = Priors(
        floor=floor,
        mean=np.tile(START_MEAN, (n, 1)),
        covariance=np.tile(START_COVARIANCE, (n, 1, 1)),
        scatter=np.full(n, START_SCATTER),
    )
    params: Floats | None = None
    for number in range(ROUNDS):
        each = priors.take(evidence.benchmark_of_curve)
        steps = MAX_STEPS if number < WHOLE_ROUNDS else STEPS
        params, covariance = fit_with_priors(evidence.measured, each, params, max_steps=steps)
        priors = _renewed(evidence, priors, params, covariance)
    return priors


def _renewed(evidence: _Evidence, priors: Priors, params: Floats, covariance: Floats) -> Priors:
    of, u, n = evidence.benchmark_of_curve, evidence.curve_weight, len(priors.floor)

    def total(values: Floats) -> Floats:
        flat = values.reshape(len(of), -1)
        summed = [curve_sums(of, flat[:, i], n) for i in range(flat.shape[1])]
        return np.stack(summed, axis=1).reshape(n, *values.shape[1:])

    mass = total(u)
    mean = total(u[:, None] * params) / mass[:, None]
    off = params - mean[of]
    spread = off[:, :, None] * off[:, None, :] + covariance
    pooled = total(u[:, None, None] * spread) + PRIOR_FAMILIES * PRIOR_COVARIANCE
    return Priors(
        floor=priors.floor,
        mean=mean,
        covariance=pooled / (mass + PRIOR_FAMILIES)[:, None, None],
        scatter=_scatter(evidence, priors.floor, params, covariance),
    )


def _scatter(evidence: _Evidence, floor: Floats, params: Floats, covariance: Floats) -> Floats:
    measured, at = evidence.measured, evidence.measured.curve
    p, rise = curve_value(params[at], floor[evidence.benchmark], measured.x)
    noise = p * (1 - p) / np.minimum(measured.n_items, MOST_ITEMS) + RUN_NOISE**2
    design = np.stack([np.ones_like(measured.x), measured.x], axis=1)
    sure = np.einsum("ri,rij,rj->r", design, covariance[at], design)
    z = ((measured.y - p) ** 2 - noise) / np.maximum(rise, LEAST_RISE) ** 2 + sure
    tells = rise > LEAST_RISE
    n = curve_sums(evidence.benchmark, tells.astype(float), len(floor))
    excess = curve_sums(evidence.benchmark, np.where(tells, np.clip(z, -1, 1), 0.0), len(floor))
    variance = (np.maximum(excess, 0) + PRIOR_SCORES * PRIOR_SCATTER**2) / (n + PRIOR_SCORES)
    return np.sqrt(np.clip(variance, SCATTER_RANGE[0] ** 2, SCATTER_RANGE[1] ** 2))


def _floors(rows: ReferenceRows, benchmark: Ints) -> Floats:
    chance = _least(benchmark, rows.chance, int(benchmark.max()) + 1)
    low = [np.quantile(rows.score[benchmark == b], LOW_QUANTILE) for b in range(len(chance))]
    return np.maximum(0.0, np.minimum(chance, np.array(low) - BELOW_IT))


def _least(group: Ints, values: Floats, n: int) -> Floats:
    least = np.full(n, np.inf)
    np.minimum.at(least, group, values)
    return least


def _numbered(names: Collection[str]) -> tuple[Ints, tuple[str, ...]]:
    distinct, number = np.unique(np.array(list(names)), return_inverse=True)
    return number.astype(np.intp), tuple(map(str, distinct))


def _distinct(group: Ints, values: Ints, n: int) -> Ints:
    pairs = np.unique(np.stack([group, values]), axis=1)
    return np.bincount(pairs[0], minlength=n)
