"""`scalepredict plan`: which small run next, what will it buy, and when is another not worth it?"""

from typing import Annotated

import typer

from scalepredict.cli.inputs.options import CalibrationOption, Output, SeedOption, Workers
from scalepredict.cli.inputs.parameters import METHOD, command
from scalepredict.cli.inputs.plan_options import (
    Money,
    PlanOptions,
    PlanTarget,
    designs_of,
    ladder_of,
    line_of,
    space_of,
)
from scalepredict.cli.inputs.target_options import DEFAULT_FIT, FitOption
from scalepredict.cli.views.render import emit


@command
def plan(
    target: PlanTarget,
    options: PlanOptions,
    money: Money,
    workers: Workers,
    shown: Output,
    fit_file: FitOption = DEFAULT_FIT,
    tried: Annotated[
        tuple[str, ...],
        typer.Option(
            "--try",
            metavar="N:D",
            help="Also tell what this design of yours would bring (repeatable).",
            rich_help_panel=METHOD,
        ),
    ] = (),
    calibration: CalibrationOption = None,
    seed: SeedOption = 0,
) -> None:
    """Plan which small runs to make next for a target.

    Proposes the run nearest to the target that the budget buys, on the target's own tokens per
    parameter, and promises the width of the 90 % interval with it: its score is filled in from the
    forecast, and all is fitted again. Prints a curve of budgets, the least that is nearly as good
    as the best, and what no small run removes. With --serve it tells which size to train instead.

    Example: scalepredict plan --params 70B --tokens 1.4T --budget 1e22
    """
    # Imported here: `--help` must not pay for NumPy and SciPy.
    import numpy as np

    from scalepredict.cli.documents.isocost_document import isocost_document, isocost_rows
    from scalepredict.cli.documents.plan_document import plan_document, plan_rows
    from scalepredict.cli.views.plan_view import isocost_sheets, plan_sheets
    from scalepredict.evaluation.intervals.calibration_file import calibration_of
    from scalepredict.evaluation.planning.budget_curve import make_plan
    from scalepredict.evaluation.planning.candidates import left_out
    from scalepredict.evaluation.planning.promise import shipped_promise
    from scalepredict.predictors.store.fit_file import load_fit

    form, voice = shown.shape, shown.voice
    machine = money.machine()
    stored = load_fit(fit_file)
    ladder, lines = ladder_of(
        stored,
        calibration_of(stored, calibration),
        target,
        any_reach=options.serve is None,
    )
    voice.say(*lines)
    space, said = space_of(ladder, options)
    voice.say(*said)
    asked = options.flops(machine)
    if options.serve is not None:
        line, notes = line_of(ladder, space, options, asked, tried=bool(tried))
        emit(
            form,
            sheets=isocost_sheets(line, machine, notes),
            rows=isocost_rows(line),
            document=isocost_document(line, notes),
        )
        return
    budget = asked or space.most_flops
    excluded = left_out(space, budget)
    voice.say(*(f"not chosen: {name}: {why}." for name, why in excluded.items()))
    known = {c.model for c in ladder.evidence.checkpoints}
    again = [run.model for run in space.candidates if run.model in known]
    if again:
        voice.say(f"already in the ladder, so another seed of it: {', '.join(again)}.")
    designs = designs_of(tried, space, float(np.nanmax(ladder.evidence.flops)))
    with voice.counting("fitting with runs filled in") as watch, workers.engine() as jobs:
        made = make_plan(
            ladder,
            space,
            budget,
            runs=options.runs,
            promise=shipped_promise(),
            jobs=jobs,
            rng=np.random.default_rng(seed),
            tried=designs,
            progress=watch,
        )
    emit(
        form,
        sheets=plan_sheets(made, ladder, machine),
        rows=plan_rows(made, ladder),
        document=plan_document(made, ladder, machine, excluded),
    )
