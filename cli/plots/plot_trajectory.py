"""`scalepredict plot trajectory`: the whole curve of a big run, with its band."""

from functools import partial

from scalepredict.cli.inputs.options import CalibrationOption, IntervalOptions, SeedOption
from scalepredict.cli.inputs.parameters import command
from scalepredict.cli.inputs.target_options import (
    DEFAULT_FIT,
    FitOption,
    Narrowing,
    TargetOptions,
)
from scalepredict.cli.plots.pictures import PictureOptions, columns_of
from scalepredict.errors import RefusedError


@command
def plot_trajectory(
    target: TargetOptions,
    narrowing: Narrowing,
    intervals: IntervalOptions,
    picture: PictureOptions,
    fit_file: FitOption = DEFAULT_FIT,
    calibration: CalibrationOption = None,
    seed: SeedOption = 0,
) -> None:
    """Draw the whole curve of a run.

    By the ladder at equal fractions of the schedule.

    Example: scalepredict plot trajectory --params 12B -o trajectory.png
    """
    # Imported here: `--help` must not pay for NumPy and SciPy.
    import numpy as np

    from scalepredict.cli.figures.trajectory_panels import trajectory_figure
    from scalepredict.cli.inputs.stored_fit import checkpoint_series, how_to_target
    from scalepredict.cli.views.trajectory_view import units_of
    from scalepredict.evaluation.forecast.forecasting import forecast_families
    from scalepredict.evaluation.forecast.trajectory_ahead import trajectory_ahead
    from scalepredict.evaluation.intervals.calibration_file import calibration_of
    from scalepredict.predictors.store.fit_file import load_fit

    levels = intervals.levels()
    picture.check()
    stored = load_fit(fit_file)
    constants = calibration_of(stored, calibration)
    forecasts, _ = forecast_families(
        stored.fit, how_to_target(target.request(), None), constants, families=narrowing.family
    )
    if len(forecasts) > 1 or len(forecasts[0].targets) > 1:
        raise RefusedError("one picture shows one family and target; choose with --family.")
    [family] = forecasts
    ahead = trajectory_ahead(
        checkpoint_series(stored).of_family(family.family),
        stored.fit.predictor,
        family.targets,
        constants,
        rng=np.random.default_rng(seed),
    )
    units = units_of(ahead)
    shown = [units[i] for i in columns_of([unit.shown for unit in units], narrowing.benchmark)]
    title = f"{family.family}: {family.target_lines[0]}"
    if picture.each:
        pictures = [
            (unit.shown, partial(trajectory_figure, ahead, [unit], levels)) for unit in shown
        ]
    else:
        pictures = [("", partial(trajectory_figure, ahead, shown, levels, title=title))]
    picture.write("trajectory", iter(pictures))
