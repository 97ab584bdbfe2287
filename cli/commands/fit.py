"""`scalepredict fit`: what do these records teach, and what of it can be extrapolated?"""

from pathlib import Path
from typing import Annotated

import typer

from scalepredict.cli.inputs.gathered import (
    FamilyOption,
    MetricOption,
    PhaseOption,
    ShotsOption,
    UpToParamsOption,
)
from scalepredict.cli.inputs.method import (
    ClusteringOption,
    ComponentsOption,
    StandardOption,
    chosen_method,
)
from scalepredict.cli.inputs.options import (
    BenchmarksOption,
    CalibrationOption,
    FormatOption,
    JobsOption,
    JsonOption,
    LadderOption,
    PercentOption,
    PredictorOption,
    QuietOption,
    RecordsArgument,
    SeedOption,
    VerboseOption,
    Voice,
    chosen_format,
    count,
)
from scalepredict.cli.inputs.target_options import DEFAULT_FIT
from scalepredict.cli.views.render import Format, emit, write_data
from scalepredict.predictors.registry import DEFAULT


def fit(
    records: RecordsArgument,
    predictor: PredictorOption = DEFAULT,
    components: ComponentsOption = None,
    standard: StandardOption = None,
    clustering: ClusteringOption = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Fit file; - is stdout.")
    ] = DEFAULT_FIT,
    family: FamilyOption = None,
    checkpoints: Annotated[
        str,
        typer.Option(
            metavar="last|mean-last-K|pool-last-K|all",
            help="Evidence of each model; pool adds up the answers to each question.",
        ),
    ] = "last",
    phase: PhaseOption = None,
    metric: MetricOption = None,
    shots: ShotsOption = None,
    percent: PercentOption = False,
    up_to_params: UpToParamsOption = None,
    up_to_flops: Annotated[
        float | None,
        typer.Option(parser=count, metavar="C", help="Leave out more compute, e.g. 1e21."),
    ] = None,
    benchmarks: BenchmarksOption = None,
    ladder: LadderOption = None,
    calibration: CalibrationOption = None,
    form: FormatOption = Format.TABLE,
    as_json: JsonOption = False,
    seed: SeedOption = 0,
    jobs: JobsOption = 1,
    quiet: QuietOption = False,
    verbose: VerboseOption = 0,
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
    from scalepredict.cli.inputs.chosen import EvidenceChoice, gather_evidence
    from scalepredict.cli.views.fit_view import fit_document, fit_rows, fit_sheets
    from scalepredict.evaluation.forecast.fit_summary import summarise
    from scalepredict.evaluation.intervals.calibration_file import (
        calibration_tree,
        load_calibration,
    )
    from scalepredict.predictors.fit_families import fit_families
    from scalepredict.predictors.store.fit_file import (
        Provenance,
        StoredFit,
        dump_fit,
        input_files,
        save_fit,
    )
    from scalepredict.records.text.writing import check_place

    form, voice = chosen_format(form, as_json), Voice(quiet)
    method = chosen_method(
        predictor, components=components, standard=standard, clustering=clustering
    )
    choice = EvidenceChoice(
        families=tuple(family or ()),
        checkpoints=checkpoints,
        phases=tuple(phase or ()),
        metrics=tuple(metric or ()),
        shots=shots,
        percent=percent,
        up_to_params=up_to_params,
        up_to_flops=up_to_flops,
        benchmarks=benchmarks,
        ladder=ladder,
        without_compute=not method.needs_compute,
    )
    if str(output) != "-":
        check_place(output)
    constants = load_calibration(calibration)
    evidence = gather_evidence(records, choice)
    voice.say(*evidence.notes)
    with voice.busy(f"fitting {method.name}"):
        fitted = fit_families(
            evidence.table,
            method,
            anchors=evidence.anchors,
            jobs=jobs,
            rng=np.random.default_rng(seed),
        )
        summaries = summarise(fitted, constants, rng=np.random.default_rng(seed))
    voice.warn(f"family {name!r} is not fitted: {why}" for name, why in fitted.refused.items())
    voice.warn(f"family {each.family!r}: {text}" for each in summaries for text in each.warnings)
    provenance = Provenance(
        version=__version__, seed=seed, inputs=input_files(records), options=choice.as_text()
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
    emit(
        form,
        sheets=fit_sheets(fitted, summaries, verbose=verbose > 0),
        rows=fit_rows(summaries),
        document=fit_document(stored, summaries),
    )
    voice.say(f"wrote {output}")
