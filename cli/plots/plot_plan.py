"""`scalepredict plot plan`: the width of the interval at the target against the budget."""

from scalepredict.cli.inputs.options import CalibrationOption, SeedOption, Workers
from scalepredict.cli.inputs.parameters import command
from scalepredict.cli.inputs.plan_options import (
    Money,
    PlanOptions,
    PlanTarget,
    ladder_of,
    line_of,
    space_of,
)
from scalepredict.cli.inputs.target_options import DEFAULT_FIT, FitOption
from scalepredict.cli.plots.pictures import PictureOptions


@command
def plot_plan(
    target: PlanTarget,
    options: PlanOptions,
    money: Money,
    workers: Workers,
    picture: PictureOptions,
    fit_file: FitOption = DEFAULT_FIT,
    calibration: CalibrationOption = None,
    seed: SeedOption = 0,
) -> None:
    """Draw what each budget would bring.

    The 90 % width at the target, with its range.

    With --serve: the mean forecast of the sizes that train and serve for one cost.

    Example: scalepredict plot plan --params 70B --tokens 1.4T -o plan.png
    """
    # Imported here: `--help` must not pay for NumPy and SciPy.
    from functools import partial

    import numpy as np

    from scalepredict.cli.figures.isocost_line import isocost_figure
    from scalepredict.cli.figures.plan_curve import plan_figure
    from scalepredict.evaluation.intervals.calibration_file import calibration_of
    from scalepredict.evaluation.planning.budget_curve import make_plan
    from scalepredict.evaluation.planning.promise import shipped_promise
    from scalepredict.predictors.store.fit_file import load_fit

    picture.check()
    stored = load_fit(fit_file)
    ladder, lines = ladder_of(
        stored,
        calibration_of(stored, calibration),
        target,
        any_reach=options.serve is None,
    )
    voice = picture.verbosity.voice
    voice.say(*lines)
    (space, said), asked = space_of(ladder, options), options.flops(money.machine())
    voice.say(*said)
    if options.serve is not None:
        line, notes = line_of(ladder, space, options, asked)
        voice.say(*notes)
        picture.write("plan", iter([("", partial(isocost_figure, line))]))
        return
    with voice.counting("fitting with runs filled in") as watch, workers.engine() as jobs:
        made = make_plan(
            ladder,
            space,
            asked or space.most_flops,
            runs=options.runs,
            promise=shipped_promise(),
            jobs=jobs,
            rng=np.random.default_rng(seed),
            progress=watch,
        )
    picture.write("plan", iter([("", partial(plan_figure, made, ladder))]))
