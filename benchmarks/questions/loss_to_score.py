"""Which curve leads from a loss to a score? Step 2 of `two_step` beside the law of the error.

    python benchmarks/questions/loss_to_score.py DATA_FOLDER

DATA_FOLDER holds gadre_104.csv.gz and gemstones.csv.gz: scores with a validation loss. At rolling
origins of each family every curve is fitted to the runs at or below, and asked for the later ones
at the loss that they reached (`measured`), so that nothing but the curve errs, and at the loss that
step 1 forecasts. Error law of Gadre et al. (2024, arXiv 2403.08540):

    error = eps - k exp(-gamma L)

fitted by least squares with the weights of step 2, eps free as published, or the error of a guesser
(`at chance`). They use it on averages of benchmarks, so that is asked, too. Mean absolute errors in
points by the factor of compute, on scores that all forecast, benchmarks / their average.
"""

import argparse
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scalepredict.errors import ScalePredictError
from scalepredict.evaluation.backtest.outcomes import FACTOR_BINS, factor_bin
from scalepredict.evaluation.backtest.splits import rolling_origins
from scalepredict.predictors.direct.curve_fits import fading
from scalepredict.predictors.interface import Targets
from scalepredict.predictors.loss.two_step import TwoStep
from scalepredict.predictors.scale.scale_evidence import Scale
from scalepredict.records.table import EvalTable, Floats, Unit, make_table

sys.path.insert(0, str(Path(__file__).parents[1]))
from accuracy_groups import GROUPS, table_of  # it lies one folder up

SOURCES = ("open_lm", "gemstones")
STEEPNESS = np.geomspace(0.05, 30.0, 80)  # gamma, per nat
CURVES = ("step 2", "error law", "error law, at chance")
LOSSES = ("measured", "step 1")
Errors = dict[tuple[str, str, int, str], list[Floats]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ErrorLaw:
    """score = level + size exp(-gamma (L - least)), for T benchmarks. Shapes (T,)."""

    level: Floats
    size: Floats
    gamma: Floats
    least: Floats

    def at(self, loss: Floats) -> Floats:
        """Scores at K losses. Shape (K, T)."""
        rise = np.exp(np.minimum(-self.gamma * (loss[:, None] - self.least), 60.0))
        return np.asarray(np.clip(self.level + self.size * rise, 0.0, 1.0))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    for name in SOURCES:
        group = GROUPS[name]
        errors = errors_of(with_average(table_of(folder, group.files[0], group)))
        print(
            f"\n{name}: benchmarks / their average{'':18}"
            + "".join(f"{b:>14}" for b in FACTOR_BINS[1:])
        )
        for curve in CURVES:
            for loss in LOSSES:
                print(f"  {curve:<22}at the {loss + ' loss':<18}" + _row(errors, curve, loss))


def with_average(table: EvalTable) -> EvalTable:
    """The table and, last, the mean of the benchmarks that every run was measured on."""
    of_all = np.isfinite(table.scores).all(axis=0)
    mean = table.scores[:, of_all].mean(axis=1, keepdims=True)
    unit = Unit(benchmark="average", chance=float(table.chance[of_all].mean()))
    items = np.nansum(table.n_items[:, of_all], axis=1, keepdims=True)
    return make_table(
        table.checkpoints,
        [*table.units, unit],
        np.hstack([table.scores, mean]),
        n_items=np.hstack([table.n_items, items]),
    )


def errors_of(table: EvalTable) -> Errors:
    """Absolute errors by curve, loss, number of the factor bin, and what is asked."""
    found: Errors = defaultdict(list)
    for split in rolling_origins(table):
        evidence = table.take_rows(split.train).of_family(split.family)
        held = table.take_rows(split.targets)
        held = held.take_units([held.units.index(unit) for unit in evidence.units])
        try:
            points = forecasts(evidence, held)
        except ScalePredictError:
            continue
        common = np.isfinite(held.scores) & np.all(
            [np.isfinite(p) for p in points.values()], axis=0
        )
        bins = factor_bin(held.flops / split.origin_flops)
        for (curve, loss), point in points.items():
            error = np.where(common, np.abs(point - held.scores), np.nan)
            for number in np.unique(bins):
                rows = error[bins == number]
                found[curve, loss, int(number), "each"].append(rows[:, :-1].ravel())
                found[curve, loss, int(number), "average"].append(rows[:, -1])
    return found


def forecasts(evidence: EvalTable, held: EvalTable) -> dict[tuple[str, str], Floats]:
    """Scores of the later runs by every curve at either loss."""
    law = TwoStep(n_resamples=2).fit(evidence, rng=np.random.default_rng(0))
    targets = Targets.of_table(held)
    step1 = np.exp(law.loss_laws.log_loss(Scale.of_targets(targets))[0])[0]
    chance = law.fits.floor
    free, fixed = fit_error_law(evidence, None), fit_error_law(evidence, chance)
    made: dict[tuple[str, str], Floats] = {}
    for name, loss in zip(LOSSES, (held.loss, step1), strict=True):
        ahead = (law.least_loss[:, None] - loss)[:, :, None]
        made["step 2", name] = law.fits.at(ahead)[0]
        made["error law", name], made["error law, at chance", name] = free.at(loss), fixed.at(loss)
    return made


def fit_error_law(evidence: EvalTable, level: Floats | None) -> ErrorLaw:
    """Least squares of level and size for each gamma of a grid, the best of them."""
    measured = np.isfinite(evidence.scores) & np.isfinite(evidence.loss)[:, None]
    weight = fading(evidence.flops, measured)  # (M, T)
    least = float(np.nanmin(evidence.loss))
    rise = np.exp(-STEEPNESS[:, None] * (np.nan_to_num(evidence.loss, nan=least) - least))
    y = np.where(measured, evidence.scores, 0.0)
    total = weight.sum(axis=0)
    mean_rise, mean_y = rise @ weight / total, (weight * y).sum(axis=0) / total
    if level is None:
        both = np.einsum("gm,mt,mt->gt", rise, weight, y) - total * mean_rise * mean_y
        square = (rise**2) @ weight - total * mean_rise**2
    else:
        both = np.einsum("gm,mt,mt->gt", rise, weight, y - level)
        square = (rise**2) @ weight
    size = np.maximum(both / np.maximum(square, 1e-12), 0.0)
    levels = mean_y - size * mean_rise if level is None else np.broadcast_to(level, size.shape)
    left = y - levels[:, None, :] - size[:, None, :] * rise[:, :, None]
    best = (weight * left**2).sum(axis=1).argmin(axis=0)
    column = np.arange(len(best))
    return ErrorLaw(
        level=levels[best, column],
        size=size[best, column],
        gamma=STEEPNESS[best],
        least=np.full(len(best), least),
    )


def _row(errors: Errors, curve: str, loss: str) -> str:
    texts = []
    for number in range(1, len(FACTOR_BINS)):
        each, average = (
            errors.get((curve, loss, number, asked), [np.array([np.nan])])
            for asked in ("each", "average")
        )
        means = [100 * np.nanmean(np.concatenate(rows)) for rows in (each, average)]
        texts.append(f"{means[0]:8.2f}/{means[1]:5.2f}")
    return "".join(texts)


if __name__ == "__main__":
    main()
