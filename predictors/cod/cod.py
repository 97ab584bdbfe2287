"""COD: clusters of questions of like difficulty are extrapolated, and mapped to the benchmark.

    score(C) = f( sum_c share_c y_c(C) ),    y_c(C) = g + (1 - g) exp(-a_c C^-b_c - c_c)

Source: Xu et al. 2025, "Unveiling Downstream Performance Scaling of LLMs: A Clustering-Based
    Perspective" (COD, 2502.17262); ``clustering``, ``cluster_law``, ``cluster_fit`` and
    ``mapping`` say what differs.
Departures: fewer than MIN_TRIALS answers to a question, a predictable part below MIN_PREDICTABLE,
    or smaller errors on held-out models (``trials``), and the benchmark is forecast by
    ``item_response`` instead, and says so. Where the default on total scores brings those errors
    down, the forecast is a mean with it on the scale of -log(-log score).
Uncertainty: variance of the curves over questions and models (``cluster_fit``, ``item_response``),
    scatter of the models about the fit, and variance and distance of a direct law of the total
    scores: two ways to one target that part tell of a form that does not hold.
Fails when: one family of models says nothing about questions that none of them ever passes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.predictors.cod.benchmark_fit import BenchmarkFit, fit_benchmark
from scalepredict.predictors.cod.clustering import Clustering
from scalepredict.predictors.cod.difficulty import Difficulty, read_difficulty
from scalepredict.predictors.cod.totals import DefaultOnTotals, Totals
from scalepredict.predictors.cod.trials import mixed, try_out
from scalepredict.predictors.direct.curve_fits import CurveForm, line_starts
from scalepredict.predictors.direct.direct import DirectLaw, fit_direct
from scalepredict.predictors.interface import (
    Forecast,
    Frontier,
    Targets,
    fitting_stream,
    make_forecast,
    named_streams,
)
from scalepredict.records.notes import Note, noted
from scalepredict.records.table import EvalTable, Floats

DIRECT = CurveForm(curve="power_law", parameters=("A", "a"), starts=line_starts(2))


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusteringOnDifficulty:
    """COD, or item response where questions have too few answers.

    Attributes:
        clustering: The clustering and its settings.
        n_resamples: Bootstrap resamples behind the variance.
    """

    name: ClassVar[str] = "cod"
    pools_families: ClassVar[bool] = False
    reads_tasks: ClassVar[bool] = True
    needs_compute: ClassVar[bool] = True
    reads_known_scores: ClassVar[bool] = False

    clustering: Clustering = field(default_factory=Clustering)
    n_resamples: int = 200

    def fit(
        self, table: EvalTable, *, rng: np.random.Generator | None = None
    ) -> "ClusteringOnDifficultyLaw":
        """Fit each benchmark; checkpoints of role ``anchor`` only shape the map.

        Raises:
            RefusedError: No benchmark can be fitted.
        """
        rng = fitting_stream(rng)
        totals = Totals.of(table)
        frontier = Frontier.of_table(totals.table)
        names = [unit.shown for unit in frontier.units]
        streams = question_streams(table, rng)
        fits = tuple(self.fit_one(table, name, totals, streams)[0] for name in names)
        if all(fit.failure for fit in fits):
            raise RefusedError("\n".join(fit.failure or "" for fit in fits))
        counted = np.array([fit.n_answers for fit in fits])
        known = np.where(np.isnan(frontier.n_items), counted, frontier.n_items)
        frontier = replace(frontier, n_items=known)
        return ClusteringOnDifficultyLaw(
            frontier=frontier,
            benchmarks=fits,
            direct=_direct(totals.table, self.name),
            default=DefaultOnTotals.of(totals.known)
            if any(fit.default_share for fit in fits)
            else None,
        )

    def fit_one(
        self,
        table: EvalTable,
        benchmark: str,
        totals: Totals,
        streams: Mapping[str, np.random.Generator],
    ) -> "tuple[BenchmarkFit, Difficulty | None]":
        """Fit one benchmark, and what it was fitted to; None where that was refused."""
        try:
            difficulty = read_difficulty(table, benchmark)
        except RefusedError as reason:
            return BenchmarkFit(questions=(), failure=str(reason)), None
        stream = streams[benchmark]
        (held_out,) = stream.spawn(1)
        default = totals.default_of(benchmark, difficulty.rows)
        trial = try_out(difficulty, default, self.clustering, rng=held_out)
        fit = fit_benchmark(
            difficulty, self.clustering, trial, n_resamples=self.n_resamples, rng=stream
        )
        return fit, difficulty


def question_streams(table: EvalTable, rng: np.random.Generator) -> dict[str, np.random.Generator]:
    """A generator for each benchmark with tasks or questions, whatever else was measured."""
    names = {unit.benchmark for unit in table.units if unit.task}
    return named_streams(sorted(names), rng)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClusteringOnDifficultyLaw:
    """Fitted benchmarks, in the order of the frontier's units.

    Attributes:
        frontier: Where the evidence ends.
        benchmarks: The fits.
        direct: A law of the total scores, for the variance alone; None where it was refused.
        default: The default on total scores; None where no benchmark is mixed with it.
    """

    frontier: Frontier
    benchmarks: tuple[BenchmarkFit, ...]
    direct: DirectLaw | None = None
    default: DefaultOnTotals | None = None

    def forecast(self, targets: Targets) -> Forecast:
        """Forecast the whole benchmarks.

        The variance is that of a mixture with the direct law, halves each: the mean of their
        variances, and the spread of the two. The point is that of cod, mixed with the default
        where that gains.
        """
        pairs = [fit.forecast(targets.flops) for fit in self.benchmarks]
        point, own = (np.stack(column, axis=1) for column in zip(*pairs, strict=True))
        if self.default is not None:
            share = np.array([fit.default_share for fit in self.benchmarks])
            other = self.default.points(self.frontier.units, targets)
            point = np.where((share > 0) & np.isfinite(other), mixed(point, other, share), point)
        other, direct = self._by_totals(targets, own)
        return make_forecast(
            targets,
            self.frontier,
            point,
            model_variance=(own + direct) / 2,
            spread_equal=(np.nan_to_num(point - other) / 2) ** 2,
            overdispersion=np.array([fit.overdispersion for fit in self.benchmarks]),
            failures=tuple(fit.failure for fit in self.benchmarks),
        )

    def _by_totals(self, targets: Targets, own: Floats) -> tuple[Floats, Floats]:
        # Points and variances of the direct law (K, T); without one there is still the last score
        # to differ from.
        last = np.broadcast_to(self.frontier.last, own.shape)
        if self.direct is None:
            return last, own
        forecast = self.direct.forecast(targets)
        made = np.isfinite(forecast.point)
        return np.where(made, forecast.point, last), np.where(made, forecast.model_variance, own)

    def notes(self) -> tuple[Note, ...]:
        """What was left out, assumed or forecast by item response, and the clustering."""
        methods = {fit.clusters.method: None for fit in self.benchmarks if fit.clusters}
        clustered = (noted("clustering", f"questions clustered by {name}.") for name in methods)
        return (*(note for fit in self.benchmarks for note in fit.notes), *clustered)


def _direct(totals: EvalTable, method: str) -> DirectLaw | None:
    try:
        return fit_direct(totals, DIRECT, method=method, in_flops=True)
    except RefusedError:
        return None
