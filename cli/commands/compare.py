"""`scalepredict compare`: which of two recipes is better, from runs of both at the same scales?"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scalepredict.cli.inputs.gathered import SameTokensOption, Selection
from scalepredict.cli.inputs.options import (
    CheckpointsOption,
    ClaimOptions,
    Output,
    SeedOption,
    count,
)
from scalepredict.cli.inputs.parameters import METHOD, TARGET, command
from scalepredict.cli.views.render import Sheet, emit, percent, signed_points
from scalepredict.errors import RefusedError
from scalepredict.records.notes import Note, noted
from scalepredict.records.text.counts import count_of

if TYPE_CHECKING:
    from scalepredict.cli.schemas.compare_schema import (
        ArmsDocument,
        CompareDocument,
        DifferenceDocument,
    )
    from scalepredict.evaluation.questions.recipes import Comparison

AVERAGE = "average of all"


@command
def compare(
    arguments: Annotated[
        tuple[str, ...],
        typer.Argument(
            metavar="[FAMILY_A FAMILY_B] RECORDS...",
            help="Two recipes and the records of both; or, with --arm, the records alone.",
        ),
    ],
    selection: Selection,
    intervals: ClaimOptions,
    shown: Output,
    arm: Annotated[
        tuple[str, ...],
        typer.Option(
            "--arm",
            metavar="FAMILY",
            help="A recipe of any number of them; the first is the reference (repeatable).",
            rich_help_panel=METHOD,
        ),
    ] = (),
    flops: Annotated[
        float | None,
        typer.Option(
            "--flops",
            parser=count,
            metavar="C",
            help="Ask at this much compute. [default: the largest pair]",
            rich_help_panel=TARGET,
        ),
    ] = None,
    within: Annotated[
        float,
        typer.Option(
            "--within",
            min=1.0,
            help="Models match within this factor in params and in tokens.",
            rich_help_panel=METHOD,
        ),
    ] = 1.26,
    checkpoints: CheckpointsOption = "last",
    tokens: SameTokensOption = None,
    seed: SeedOption = 0,
) -> None:
    """Compare two recipes by differences at matched scale.

    Models of two families are paired by params and tokens. What both recipes share cancels in a
    paired difference, so it decides rightly more often than two independent forecasts do. Prints
    for each benchmark the expected difference and the probability that A will be measured to score
    higher, and what the better recipe is worth in compute. With --arm any number of recipes are
    compared with the first.

    Example: scalepredict compare mix-a mix-b ladder.csv --flops 1e22
    """
    # Imported here: `scalepredict --help` must not pay for NumPy and SciPy.
    from math import isfinite, log10

    import numpy as np

    from scalepredict.cli.inputs.chosen import gather_evidence
    from scalepredict.cli.views.arms_view import arms_document, arms_rows, arms_sheet
    from scalepredict.evaluation.questions.compute_gain import compare_arms
    from scalepredict.evaluation.questions.recipes import compare as compared
    from scalepredict.predictors.metric_scale import fractions_of
    from scalepredict.records.aggregate import to_benchmarks

    voice, shape, tolerance = shown.voice, shown.shape, log10(within)
    levels = intervals.levels()
    if not isfinite(within):
        raise RefusedError(f"--within {within}: models match within a factor, like 1.26.")
    names, records = _recipes(arguments, arm)
    evidence = gather_evidence(records, selection.choice(checkpoints=checkpoints, tokens=tokens))
    voice.tell(evidence.notes)
    table = to_benchmarks(evidence.table)
    # Of two recipes the second is what the first is compared with.
    order = names if arm else names[::-1]
    rng = np.random.default_rng(seed)
    arms = compare_arms(table, order, target_flops=flops, tolerance=tolerance, rng=rng)
    voice.tell(_doubts(arms.decades, int(arms.n_pairs[1:].min())))
    table_rows: Sequence[Mapping[str, object]] = arms_rows(arms, levels)
    sheets = [arms_sheet(arms, levels)]
    document: CompareDocument = {
        "schema": "scalepredict.compare/1",
        "arms": arms_document(arms, levels),
    }
    fractions = fractions_of(table)
    if not arm and fractions.units:
        comparison = compared(fractions, *names, target_flops=flops, tolerance=tolerance)
        voice.tell([noted("pairs", _pairing(comparison))])
        table_rows = rows(comparison)
        sheets = [_sheet(comparison), *sheets]
        document = _document(comparison, arms_document(arms, levels))
    emit(form=shape, sheets=sheets, rows=table_rows, document=document)


def _recipes(
    arguments: tuple[str, ...], arms: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[Path, ...]]:
    if arms:
        return arms, tuple(map(Path, arguments))
    if len(arguments) < 3:
        raise RefusedError(
            f"compare got only {', '.join(arguments)}: name two recipes and then their records, "
            "like `compare mix-a mix-b ladder.csv`, or any number of recipes with --arm."
        )
    return arguments[:2], tuple(map(Path, arguments[2:]))


def _pairing(comparison: "Comparison") -> str:
    return (
        f"{count_of(len(comparison.pairs), 'pair')} at matched params and tokens; without a "
        f"partner: {count_of(len(comparison.unmatched), 'model')} of either family."
    )


def _doubts(decades: float, n_pairs: int) -> list[Note]:
    doubts = []
    if decades > 1:
        text = (
            f"the target has {10**decades:.0f} times the compute of the largest pair; "
            "differences of recipes are known to turn over so far."
        )
        doubts.append(noted("pairs-far", text))
    if n_pairs < 3:
        text = "few pairs; noise and drift of differences are mostly assumed."
        doubts.append(noted("pairs-few", text))
    return doubts


def rows(comparison: "Comparison") -> "list[DifferenceDocument]":
    """One row for each benchmark."""
    columns = zip(
        comparison.benchmarks,
        comparison.difference.tolist(),
        comparison.sd.tolist(),
        comparison.probability.tolist(),
        comparison.raw.tolist(),
        comparison.largest.tolist(),
        comparison.n_pairs.tolist(),
        strict=True,
    )
    return [
        {
            "benchmark": name,
            "difference": difference,
            "sd": sd,
            "p_first_better": probability,
            "unshrunk": raw,
            "largest_pair": largest,
            "n_pairs": int(n_pairs),
        }
        for name, difference, sd, probability, raw, largest, n_pairs in columns
    ]


def _sheet(comparison: "Comparison") -> Sheet:
    a, b = comparison.first, comparison.second
    lines = [
        (
            row["benchmark"],
            signed_points(row["difference"]),
            percent(row["sd"]),
            f"{row['p_first_better']:.2f}",
            signed_points(row["largest_pair"]),
            f"{row['n_pairs']}",
        )
        for row in rows(comparison)
    ]
    average = (
        AVERAGE,
        signed_points(comparison.suite_difference),
        percent(comparison.suite_sd),
        f"{comparison.suite_probability:.2f}",
        signed_points(float(comparison.largest.mean())),
        f"{len(comparison.pairs)}",
    )
    return Sheet(
        title=f"{a} minus {b}, in points, {_place(comparison)}",
        header=("benchmark", "difference", "sd", f"P({a} higher)", "largest pair", "pairs"),
        align="lrrrrr",
        rows=(*lines, average),
        notes=(
            "sd and P are of one measurement of each recipe. Differences of single benchmarks are "
            "shrunk towards their mean; the average is of all benchmarks with equal weights.",
        ),
    )


def _place(comparison: "Comparison") -> str:
    if comparison.decades == 0:
        return "at the largest pair"
    return f"at {10**comparison.decades:.1f} times the compute of the largest pair"


def _document(comparison: "Comparison", arms: "ArmsDocument") -> "CompareDocument":
    return {
        "schema": "scalepredict.compare/1",
        "first": comparison.first,
        "second": comparison.second,
        "decades_beyond_largest_pair": comparison.decades,
        "benchmarks": rows(comparison),
        "average": {
            "difference": comparison.suite_difference,
            "sd": comparison.suite_sd,
            "p_first_better": comparison.suite_probability,
        },
        "pairs": [
            {"first": a.model, "second": b.model, "params": a.params, "tokens": a.tokens}
            for a, b in comparison.pairs
        ],
        "unmatched": [c.model for c in comparison.unmatched],
        "arms": arms,
    }
