"""`scalepredict compare`: which of two recipes is better, from runs of both at the same scales?"""

from typing import TYPE_CHECKING, Annotated

import typer

from scalepredict.cli.inputs.gathered import SameTokensOption, Selection
from scalepredict.cli.inputs.options import CheckpointsOption, Output, RecordsArgument, count
from scalepredict.cli.inputs.parameters import METHOD, TARGET, command
from scalepredict.cli.views.render import Cell, Sheet, emit, percent, signed_points
from scalepredict.records.text.counts import count_of

if TYPE_CHECKING:
    from scalepredict.evaluation.questions.recipes import Comparison

SCHEMA = "scalepredict.compare/1"
AVERAGE = "average of all"


@command
def compare(
    first: Annotated[str, typer.Argument(metavar="FAMILY_A", help="Recipe A.")],
    second: Annotated[str, typer.Argument(metavar="FAMILY_B", help="Recipe B.")],
    records: RecordsArgument,
    selection: Selection,
    shown: Output,
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
) -> None:
    """Compare two recipes by differences at matched scale.

    Models of two families are paired by params and tokens. What both recipes share cancels in a
    paired difference, so it decides rightly more often than two independent forecasts do. Prints
    for each benchmark the expected difference and the probability that A will be measured to score
    higher.

    Example: scalepredict compare mix-a mix-b ladder.csv --flops 1e22
    """
    # Imported here: `scalepredict --help` must not pay for NumPy and SciPy.
    from math import log10

    from scalepredict.cli.inputs.chosen import gather_evidence
    from scalepredict.evaluation.questions.recipes import compare as compared
    from scalepredict.records.aggregate import to_benchmarks

    voice, shape = shown.voice, shown.shape
    evidence = gather_evidence(records, selection.choice(checkpoints=checkpoints, tokens=tokens))
    voice.say(*evidence.notes)
    comparison = compared(
        to_benchmarks(evidence.table), first, second, target_flops=flops, tolerance=log10(within)
    )
    voice.say(_pairing(comparison))
    voice.warn(_doubts(comparison))
    table = rows(comparison)
    emit(form=shape, sheets=[_sheet(comparison, table)], rows=table, document=_document(comparison))


def _pairing(comparison: "Comparison") -> str:
    return (
        f"{count_of(len(comparison.pairs), 'pair')} at matched params and tokens; without a "
        f"partner: {count_of(len(comparison.unmatched), 'model')} of either family."
    )


def _doubts(comparison: "Comparison") -> list[str]:
    doubts = []
    if comparison.decades > 1:
        doubts.append(
            f"the target has {10**comparison.decades:.0f} times the compute of the largest pair; "
            "differences of recipes are known to turn over so far."
        )
    if len(comparison.pairs) < 3:
        doubts.append("few pairs; noise and drift of differences are mostly assumed.")
    return doubts


def rows(comparison: "Comparison") -> list[dict[str, Cell]]:
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


def _sheet(comparison: "Comparison", rows: list[dict[str, Cell]]) -> Sheet:
    a, b = comparison.first, comparison.second
    lines = [
        (
            str(row["benchmark"]),
            signed_points(float(row["difference"] or 0.0)),
            percent(float(row["sd"] or 0.0)),
            f"{float(row['p_first_better'] or 0.0):.2f}",
            signed_points(float(row["largest_pair"] or 0.0)),
            f"{row['n_pairs']}",
        )
        for row in rows
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


def _document(comparison: "Comparison") -> dict[str, object]:
    return {
        "schema": SCHEMA,
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
    }
