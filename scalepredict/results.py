"""What does the Python API give back? Results with their parts, and each as a tidy table.

A table has the columns that the command of the same name writes as CSV: scores are fractions,
sizes are counts, what is missing is NaN or None.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, overload

import numpy as np

from scalepredict.evaluation.backtest.backtest_report import BacktestReport
from scalepredict.evaluation.calibrate.coverage import CoverageRow
from scalepredict.evaluation.forecast.forecasting import FamilyForecast
from scalepredict.evaluation.intervals.calibration import Calibration
from scalepredict.evaluation.intervals.levels import DEFAULT_LEVELS, Levels
from scalepredict.evaluation.off_trend.rules.verdicts import Level
from scalepredict.evaluation.off_trend.run_check import Check, Status
from scalepredict.evaluation.questions.cluster_report import ClusterReport
from scalepredict.evaluation.questions.recipes import Comparison
from scalepredict.predictors.fit_families import Fit
from scalepredict.predictors.store.fit_file import StoredFit

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fitted:
    """A fit, as it is or will be stored."""

    stored: StoredFit

    @property
    def fit(self) -> Fit:
        """The laws of all families, and their evidence."""
        return self.stored.fit

    def to_frame(self) -> "pd.DataFrame":
        """One row for each family and benchmark: its class, and what the fit rests on."""
        from scalepredict.cli.views.fit_view import fit_rows
        from scalepredict.evaluation.forecast.fit_summary import summarise
        from scalepredict.evaluation.intervals.calibration_file import calibration_of

        rng = np.random.default_rng(self.stored.provenance.seed)
        summaries = summarise(self.fit, calibration_of(self.stored, None), rng=rng)
        return _frame(fit_rows(summaries))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Forecasts(Sequence[FamilyForecast]):
    """Forecasts of the families, in the order of the fit.

    Attributes:
        predictor: Name of the method.
        families: One forecast for each family, at all targets.
    """

    predictor: str
    families: tuple[FamilyForecast, ...]

    def __len__(self) -> int:
        return len(self.families)

    @overload
    def __getitem__(self, index: int) -> FamilyForecast: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[FamilyForecast, ...]: ...
    def __getitem__(self, index: int | slice) -> FamilyForecast | tuple[FamilyForecast, ...]:
        return self.families[index]

    def to_frame(self, levels: Levels = DEFAULT_LEVELS) -> "pd.DataFrame":
        """One row for each family, target and benchmark or suite; intervals at ``levels``, too."""
        from scalepredict.cli.documents.forecast_document import forecast_rows
        from scalepredict.cli.views.forecast_view import make_views

        views = [
            view
            for family in self.families
            for view in make_views(self.predictor, family, None, only=(), levels=levels)
        ]
        return _frame(forecast_rows(views))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Backtest:
    """A backtest of several methods."""

    report: BacktestReport

    def to_frame(self) -> "pd.DataFrame":
        """One row for each method, origin, target and benchmark that was measured."""
        from scalepredict.cli.views.backtest_view import flat_rows

        return _frame(flat_rows(self.report))

    def summary(self) -> "pd.DataFrame":
        """One row for each method and part of the backtest: error, coverage, width, skill."""
        from scalepredict.cli.views.backtest_view import summary_rows

        return _frame(summary_rows(self.report, "part"))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Checked:
    """A check of checkpoints against their trend."""

    check: Check

    @property
    def status(self) -> Status:
        """On trend, off trend (an error was found), or inconclusive."""
        return self.check.status(Level.ERROR)

    @property
    def should_stop(self) -> bool:
        """Whether a training loop had better stop and look: an error was found."""
        return self.check.should_stop

    def to_frame(self) -> "pd.DataFrame":
        """One row for each finding, and one for each checkpoint without any."""
        from scalepredict.cli.views.check_result import Result
        from scalepredict.cli.views.check_view import rows

        return _frame(rows(Result(check=self.check, fails_from=Level.ERROR)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calibrated:
    """Interval constants from past errors, and how they do on groups that they have not seen.

    Attributes:
        calibration: The constants, from all groups.
        coverage: Nested coverage, by method, group and factor bin.
    """

    calibration: Calibration
    coverage: tuple[CoverageRow, ...]

    def save(self, path: str | Path) -> None:
        """Write the constants as YAML, which ``forecast`` and ``backtest`` take by its path."""
        from scalepredict.cli.views.calibrate_view import calibration_yaml
        from scalepredict.records.text.writing import write_whole

        write_whole(Path(path), calibration_yaml(self.calibration, self.coverage))

    def to_frame(self) -> "pd.DataFrame":
        """One row for each row of the nested coverage."""
        from scalepredict.cli.views.calibrate_view import coverage_rows

        return _frame(coverage_rows(self.coverage))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Compared:
    """Differences of two recipes."""

    comparison: Comparison

    def to_frame(self) -> "pd.DataFrame":
        """One row for each benchmark."""
        from scalepredict.cli.commands.compare import rows

        return _frame(rows(self.comparison))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Clusters:
    """Clusters of questions by difficulty: one report for each family and benchmark."""

    reports: tuple[ClusterReport, ...]

    def __iter__(self) -> Iterator[ClusterReport]:
        return iter(self.reports)

    def to_frame(self) -> "pd.DataFrame":
        """One row for each cluster."""
        from scalepredict.cli.views.clusters_document import cluster_rows

        return _frame(cluster_rows(self.reports))


def _frame(rows: Sequence[Mapping[str, object]]) -> "pd.DataFrame":
    # Imported here: who asks for no table needs no pandas.
    import pandas as pd

    return pd.DataFrame(list(rows))
