"""`scalepredict plot coverage`: did the intervals of a fit hold in a backtest on its evidence?"""

from functools import partial

from scalepredict.cli.inputs.options import CalibrationOption, IntervalOptions, SeedOption, Workers
from scalepredict.cli.inputs.parameters import command
from scalepredict.cli.inputs.target_options import DEFAULT_FIT, FitOption
from scalepredict.cli.plots.pictures import PictureOptions
from scalepredict.errors import RefusedError


@command
def plot_coverage(
    workers: Workers,
    intervals: IntervalOptions,
    picture: PictureOptions,
    fit_file: FitOption = DEFAULT_FIT,
    calibration: CalibrationOption = None,
    seed: SeedOption = 0,
) -> None:
    """Draw whether intervals held on the evidence of a fit.

    A backtest on that evidence tells how often they held, and how the error grows with scale.

    Example: scalepredict plot coverage -o coverage.png
    """
    # Imported here: `--help` must not pay for NumPy and SciPy.
    import numpy as np

    from scalepredict.cli.figures.coverage_chart import coverage_figure
    from scalepredict.evaluation.backtest.self_test import backtest_evidence
    from scalepredict.evaluation.intervals.calibration_file import calibration_of
    from scalepredict.predictors.store.fit_file import load_fit

    levels = intervals.levels()
    picture.check()
    stored = load_fit(fit_file)
    constants = calibration_of(stored, calibration)
    with picture.verbosity.voice.busy("backtesting the evidence"), workers.engine() as jobs:
        report = backtest_evidence(
            stored.fit, constants, levels=levels, jobs=jobs, rng=np.random.default_rng(seed)
        )
    if not report.summary:
        raise RefusedError(
            "no benchmark of the fit is a fraction, so there is no coverage to draw; "
            "`scalepredict backtest RECORDS` tells that of losses."
        )
    picture.write("coverage", iter([("", partial(coverage_figure, report.summary, levels))]))
