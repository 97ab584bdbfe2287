"""`scalepredict plot forecast`: evidence, fitted curve and the fan to one target."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from scalepredict.cli.inputs.options import CalibrationOption, IntervalOptions
from scalepredict.cli.inputs.parameters import command
from scalepredict.cli.inputs.target_options import (
    DEFAULT_FIT,
    FitOption,
    Narrowing,
    TargetOptions,
)
from scalepredict.cli.plots.pictures import PictureOptions, Pictures, columns_of
from scalepredict.errors import RefusedError

if TYPE_CHECKING:
    from scalepredict.evaluation.forecast.path import Path as Way
    from scalepredict.evaluation.intervals.levels import Levels
    from scalepredict.predictors.store.fit_file import StoredFit


@command
def plot_forecast(
    target: TargetOptions,
    narrowing: Narrowing,
    intervals: IntervalOptions,
    picture: PictureOptions,
    fit_file: FitOption = DEFAULT_FIT,
    calibration: CalibrationOption = None,
) -> None:
    """Draw scores, fitted curve and the fan to one target.

    Example: scalepredict plot forecast --params 12B -o forecast.png
    """
    # Imported here: `--help` must not pay for NumPy and SciPy.
    from scalepredict.evaluation.forecast.forecasting import forecast_families
    from scalepredict.evaluation.forecast.path import path_to
    from scalepredict.evaluation.intervals.calibration_file import calibration_of
    from scalepredict.predictors.scale.targets import resolve_targets
    from scalepredict.predictors.store.fit_file import load_fit

    levels = intervals.levels()
    picture.check()
    stored, request = load_fit(fit_file), target.request()
    constants = calibration_of(stored, calibration)
    forecasts, _ = forecast_families(
        stored.fit,
        lambda evidence: resolve_targets(evidence, request),
        constants,
        families=narrowing.family,
    )
    if len(forecasts) > 1:
        found = ", ".join(forecast.family for forecast in forecasts)
        raise RefusedError(f"one picture shows one family; choose with --family: {found}.")
    (forecast,) = forecasts
    if len(forecast.targets) > 1:
        raise RefusedError("one picture shows one target; give each option once.")
    way = path_to(stored.fit, forecast, constants, index=0)
    names = [unit.shown for unit in forecast.forecast.units]
    shown = columns_of(names, narrowing.benchmark)
    picture.write("forecast", _pictures(stored, way, names, shown, levels, each=picture.each))


def _pictures(
    stored: "StoredFit",
    way: "Way",
    names: Sequence[str],
    shown: Sequence[int],
    levels: "Levels",
    *,
    each: bool,
) -> Pictures:
    from scalepredict.cli.figures.forecast_fan import Panel, forecast_figure

    panels = [Panel(path=way, column=i, levels=levels) for i in shown]
    if not each:
        title = f"{way.ahead.family}: {stored.fit.predictor.name}"
        yield "", partial(forecast_figure, panels, title=title)
        return
    for panel in panels:
        yield names[panel.column], partial(forecast_figure, [panel])
