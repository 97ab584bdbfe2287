"""Which runs can be made? Those of a file, with their sizes, and why some are out of question."""

from collections.abc import Sequence
from pathlib import Path

from scalepredict.errors import RecordError
from scalepredict.evaluation.planning.next_runs import Run, Space
from scalepredict.records.text.counts import format_count


def runs_of(rows: Sequence[tuple[str, float, float, float | None]], space: Space) -> list[Run]:
    """Runs of (model, params, tokens, cost in FLOPs or None for their own FLOPs)."""
    made = []
    for model, params, tokens, cost in rows:
        flops = space.flops_of(params, tokens)
        made.append(
            Run(
                model=model,
                params=params,
                tokens=tokens,
                flops=flops,
                cost=flops if cost is None else cost,
            )
        )
    return made


def sifted(runs: Sequence[Run], space: Space, budget: float) -> tuple[list[Run], dict[str, str]]:
    """The runs that may be chosen, and why the others may not, by name."""
    kept, excluded = [], {}
    for run in runs:
        if run.flops > space.most_flops:
            excluded[run.model] = (
                f"{format_count(run.flops)} FLOPs are more than {format_count(space.most_flops)}; "
                "a run that large is the target (--up-to allows more)"
            )
        elif run.cost > budget:
            excluded[run.model] = f"costs {format_count(run.cost)} FLOPs, more than the budget"
        else:
            kept.append(run)
    return kept, excluded


def check_names(names: Sequence[str], path: Path) -> None:
    """Refuse a file of candidates in which a name stands twice.

    Raises:
        RecordError: It does.
    """
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise RecordError(f"{path}: candidate {name!r} stands twice; give each its own name.")
        seen.add(name)
