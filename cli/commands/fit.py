"""`scalepredict fit`: what do these records teach, and what of it can be extrapolated?"""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from scalepredict.cli.inputs.gathered import FamilyOption, SameTokensOption, Selection
from scalepredict.cli.inputs.method import MethodOptions
from scalepredict.cli.inputs.options import (
    CalibrationOption,
    CheckpointsOption,
    Output,
    RecordsArgument,
    SeedOption,
    Workers,
)
from scalepredict.cli.inputs.parameters import OUTPUT, command
from scalepredict.cli.inputs.target_options import DEFAULT_FIT
from scalepredict.cli.views.render import emit, write_data


@command
def fit(
    records: RecordsArgument,
    method: MethodOptions,
    selection: Selection,
    workers: Workers,
    shown: Output,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="Fit file; - is stdout.", rich_help_panel=OUTPUT),
    ] = DEFAULT_FIT,
    family: FamilyOption = (),
    checkpoints: CheckpointsOption = "last",
    tokens: SameTokensOption = None,
    calibration: CalibrationOption = None,
    seed: SeedOption = 0,
) -> None:
    """Fit RECORDS and write what was learned to a fit file.

    Prints for each benchmark its class (rising, at chance, flat, saturated, inverse, noisy), how
    well the fit passes through its evidence, and what it rests on. Each family is fitted by itself
    unless the method pools them. By default the last checkpoint of each model is evidence.

    Example: scalepredict fit ladder.csv --up-to-params 2.8B
    """
    # Imported here: `--help` must not pay for NumPy and SciPy.
    import numpy as np

    from scalepredict import __version__
    from scalepredict.cli.inputs.chosen import gather_evidence
    from scalepredict.cli.inputs.next_step import after_fit
    from scalepredict.cli.views.fit_view import fit_document, fit_rows, fit_sheets
    from scalepredict.evaluation.backtest.auto import choose
    from scalepredict.evaluation.forecast.fit_summary import summarise
    from scalepredict.evaluation.intervals.calibration_file import (
        calibration_tree,
        load_calibration,
    )
    from scalepredict.predictors.fit_families import fit_families
    from scalepredict.predictors.numerics.progress import watched
    from scalepredict.predictors.store.fit_file import (
        Provenance,
        StoredFit,
        dump_fit,
        input_files,
        save_fit,
    )
    from scalepredict.records.notes import heard, noted, without
    from scalepredict.records.text.writing import check_place

    voice, form = shown.voice, shown.shape
    predictor = method.chosen()
    choice = selection.choice(
        checkpoints=checkpoints,
        families=family,
        tokens=tokens,
        without_compute=not predictor.needs_compute,
    )
    if str(output) != "-":
        check_place(output)
    constants = load_calibration(calibration)
    evidence = gather_evidence(records, choice)
    choice_made = None
    voice.tell(evidence.notes)
    with (
        voice.counting(f"fitting {predictor.name}") as watch,
        watched(watch),
        workers.engine() as jobs,
    ):
        if method.automatic:
            stream = np.random.default_rng(seed)
            choice_made = choose(evidence.table, predictor, constants, rng=stream)
            voice.tell([noted("auto", choice_made.sentence(predictor.name))])
            predictor = choice_made.predictor
        fitted = fit_families(
            evidence.table,
            predictor,
            anchors=evidence.anchors,
            jobs=jobs,
            rng=np.random.default_rng(seed),
        )
        summaries = summarise(fitted, constants, rng=np.random.default_rng(seed))
    voice.tell(
        noted("family-refused", f"family {name!r} is not fitted: {why}")
        for name, why in fitted.refused.items()
    )
    voice.tell(
        replace(note, subject=f"family {each.family!r}")
        for each in summaries
        for note in each.warnings
    )
    provenance = Provenance(
        version=__version__, seed=seed, inputs=input_files(records), choice=choice
    )
    stored = StoredFit(
        fit=fitted,
        provenance=provenance,
        notes=evidence.notes,
        calibration=None if calibration is None else calibration_tree(constants),
    )
    if str(output) == "-":
        write_data(dump_fit(stored))
        return
    save_fit(stored, output)
    told = replace(stored, notes=without(stored.notes, voice.ignored))
    summaries = heard(summaries, voice.ignored)
    emit(
        form,
        sheets=fit_sheets(fitted, summaries, verbose=shown.verbose, ignored=voice.ignored),
        rows=fit_rows(summaries),
        document=fit_document(told, summaries, choice_made),
    )
    voice.say(f"wrote {output}")
    voice.suggest(after_fit(fitted, output))
