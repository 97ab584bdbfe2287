"""Which runs can be made? Those of a file, with their sizes, and why some are out of question."""

from collections.abc import Sequence

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


def left_out(space: Space, budget: float) -> dict[str, str]:
    """Why candidates are out of question, by name."""
    why = {}
    for run in space.candidates:
        if run.flops > space.most_flops:
            why[run.model] = (
                f"{format_count(run.flops)} FLOPs are more than {format_count(space.most_flops)}; "
                "a run that large is the target (--up-to allows more)"
            )
        elif run.cost > budget:
            why[run.model] = f"costs {format_count(run.cost)} FLOPs, more than the budget"
    return why
