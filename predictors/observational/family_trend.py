"""How do the capabilities of a family grow with compute? A line for each, drawn towards the common.

    c_k = a_fk + b_fk (log10 C - centre) + e_k,  (a, b)_fk ~ N((a, b)_k, S_k),  e_k ~ N(0, s_k^2)

separately for each component k and together for all families f. Base and instruct models of a
family are two families, and the common line is that of their kind, drawn to that of all.

Source: the log-linear scaling of Ruan, Maddison & Hashimoto (2024, 2405.10938); random intercepts
    and slopes by expectation-maximisation (Laird & Ware 1982, doi:10.2307/2529876).
Departures: families share what they know, so that one with a single model still has a trend, and a
    family never seen has the common one.
Fails when: a family changes its data or recipe on the way up.

Letters: N models, F families, K components.
"""

from dataclasses import dataclass

import numpy as np

from scalepredict.predictors.kinds import family_of_target, sides
from scalepredict.records.table import Bools, Floats, Ints

ROUNDS = 200
# Before any data: slopes and intercepts of families scatter like this (squared standard deviations
# of the first component), worth PRIOR_FAMILIES families; keeps variances off zero.
PRIOR_SCATTER, PRIOR_FAMILIES = np.diag([0.05, 0.01]), 2.0
PRIOR_NOISE = 0.005


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FamilyTrend:
    """Lines of F families in K components.

    Attributes:
        families: Length F.
        centre: log10 FLOPs where intercepts are read.
        line: Intercept and slope (per decade). Shape (F, K, 2).
        covariance: Of ``line``. Shape (F, K, 2, 2).
        common: Line of an unknown family. Shape (K, 2).
        scatter: Its covariance. Shape (K, 2, 2).
        noise: Variance of a model around its family's line. Shape (K,).
        apart: Line of instruct families less that of base ones; None = one kind. Shape (K, 2).
    """

    families: tuple[str, ...]
    centre: float
    line: Floats
    covariance: Floats
    common: Floats
    scatter: Floats
    noise: Floats
    apart: Floats | None = None

    def of(self, family: str, *, is_tuned: bool = False) -> tuple[Floats, Floats]:
        """Line (K, 2) and its covariance (K, 2, 2); the common one for a family never seen."""
        family = family_of_target(family, is_tuned, self.families)
        if family in self.families:
            i = self.families.index(family)
            return self.line[i], self.covariance[i]
        if self.apart is None:
            return self.common, self.scatter
        return self.common + float(sides(np.array(is_tuned))) * self.apart, self.scatter

    def capabilities(
        self, families: tuple[str, ...], flops: Floats, tuned: Bools | None = None
    ) -> tuple[Floats, Floats]:
        """Expected capabilities of models, and their variances.

        Args:
            families: Length N.
            flops: Training FLOPs. Shape (N,).
            tuned: Which are instruct models; None = base, or as their family. Shape (N,).

        Returns:
            Two arrays of shape (N, K); variances are of a model, not of the line.
        """
        asked = np.zeros(len(flops), dtype=bool) if tuned is None else tuned
        pairs = zip(families, asked, strict=True)
        lines = [self.of(family, is_tuned=bool(own)) for family, own in pairs]
        line = np.stack([mean for mean, _ in lines])
        spread = np.stack([covariance for _, covariance in lines])
        x = np.stack([np.ones(len(flops)), np.log10(flops) - self.centre], axis=1)
        variance = np.einsum("ni,nkij,nj->nk", x, spread, x) + self.noise
        return np.einsum("nki,ni->nk", line, x), variance

    def equivalent_flops(self, coordinates: Floats, family: str) -> Floats:
        """Compute that ``family`` would need to be as capable; NaN if its trend is not upward.

        The nearest point of the family's line, with each component measured in units of its
        own scatter.

        Args:
            coordinates: Shape (N, K).
            family: The reference.

        Returns:
            FLOPs. Shape (N,).
        """
        line, _ = self.of(family)
        pull = line[:, 1] / self.noise
        along = float(pull @ line[:, 1])
        if line[0, 1] <= 0 or along <= 0:
            return np.full(len(coordinates), np.nan)
        decades = (coordinates - line[:, 0]) @ pull / along
        return np.asarray(10.0 ** np.clip(self.centre + decades, 0.0, 40.0))


def fit_family_trend(
    coordinates: Floats, flops: Floats, families: tuple[str, ...], tuned: Bools
) -> FamilyTrend:
    """Fit all families at once.

    Args:
        coordinates: Capabilities of models with known compute. Shape (N, K).
        flops: Shape (N,).
        families: Those of `Kinds.families`, length N.
        tuned: Which are instruct models. Shape (N,).
    """
    names = tuple(dict.fromkeys(families))
    index = np.array([names.index(family) for family in families], dtype=int)
    centre = float(np.mean(np.log10(flops)))
    x = np.stack([np.ones(len(flops)), np.log10(flops) - centre], axis=1)
    outer, cross, square = _sums(x, coordinates, index, len(names))
    common: Floats = np.linalg.lstsq(x, coordinates, rcond=None)[0].T.astype(float)
    n_components = coordinates.shape[1]
    scatter = np.repeat(PRIOR_SCATTER[None], n_components, axis=0)
    noise = np.full(n_components, PRIOR_NOISE)
    own = np.isin(np.arange(len(names)), index[tuned])  # families of instruct models
    side, apart = sides(own)[:, None, None], np.zeros_like(common)
    fewer = min(own.sum(), (~own).sum())
    for _ in range(ROUNDS):
        line, covariance = _families(outer, cross, common + side * apart, scatter, noise)
        if fewer:
            drawn = fewer / (fewer + PRIOR_FAMILIES)
            apart = drawn * (line[own].mean(axis=0) - line[~own].mean(axis=0))
        common = np.asarray((line - side * apart).mean(axis=0), dtype=float)
        away = line - common - side * apart
        second = (covariance + away[..., :, None] * away[..., None, :]).sum(axis=0)
        scatter = (second + PRIOR_FAMILIES * PRIOR_SCATTER) / (len(names) + PRIOR_FAMILIES)
        left = square - 2 * (line * cross).sum(axis=2)
        moment = covariance + line[..., :, None] * line[..., None, :]
        left = left + np.einsum("fij,fkij->fk", outer, moment)
        noise = (left.sum(axis=0) + PRIOR_FAMILIES * PRIOR_NOISE) / (len(flops) + PRIOR_FAMILIES)
    return FamilyTrend(
        families=names,
        centre=centre,
        line=line,
        covariance=covariance,
        common=common,
        scatter=scatter,
        noise=noise,
        apart=apart if fewer else None,
    )


def _sums(x: Floats, y: Floats, index: Ints, n_families: int) -> tuple[Floats, Floats, Floats]:
    outer = np.zeros((n_families, 2, 2))
    cross = np.zeros((n_families, y.shape[1], 2))
    square = np.zeros((n_families, y.shape[1]))
    np.add.at(outer, index, x[:, :, None] * x[:, None, :])
    np.add.at(cross, index, y[:, :, None] * x[:, None, :])
    np.add.at(square, index, y**2)
    return outer, cross, square


def _families(
    outer: Floats, cross: Floats, common: Floats, scatter: Floats, noise: Floats
) -> tuple[Floats, Floats]:
    # The mean line of each family is ``common``, shape (F, K, 2).
    inverse = np.linalg.inv(scatter)
    precision = inverse + outer[:, None] / noise[:, None, None]
    covariance: Floats = np.linalg.inv(precision).astype(float)
    pull = np.einsum("kij,fkj->fki", inverse, common) + cross / noise[:, None]
    return np.einsum("fkij,fkj->fki", covariance, pull), covariance
