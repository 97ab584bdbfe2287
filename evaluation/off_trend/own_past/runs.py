"""Which checkpoints are one run, in which order, and how many answers stand behind each score?"""

from dataclasses import dataclass

import numpy as np

from scalepredict.records.table import EvalTable, Floats, Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Run:
    """The checkpoints of one model in one phase of its schedule, in the order of training.

    A phase (a decay, say) is a series of its own: scores jump where the learning rate drops, and
    the past before the jump says nothing about the scatter after it.

    Attributes:
        model: Name of the training run.
        family: Its recipe.
        phase: Part of the schedule.
        rows: Rows of the table, oldest first. Shape (K,).
        log_tokens: Natural logarithm of tokens seen (of steps, where tokens are not recorded).
            Shape (K,).
        log_params: Natural logarithm of parameters; NaN if not recorded.
    """

    model: str
    family: str
    phase: str
    rows: Ints
    log_tokens: Floats
    log_params: float


def runs_of(table: EvalTable) -> tuple[Run, ...]:
    """The runs of a table in order of first appearance; rows with neither tokens nor step are out.

    The place of a checkpoint is its tokens; a run that does not record them everywhere is
    ordered by step.
    """
    members: dict[tuple[str, str, str], list[int]] = {}
    for row, checkpoint in enumerate(table.checkpoints):
        key = (checkpoint.family, checkpoint.model, checkpoint.phase)
        members.setdefault(key, []).append(row)
    steps = np.array([np.nan if c.step is None else c.step for c in table.checkpoints])
    runs = []
    for (family, model, phase), index in members.items():
        rows = np.array(index)
        place = table.tokens[rows]
        if (
            not np.isfinite(place).all()
            and np.isfinite(steps[rows]).sum() > np.isfinite(place).sum()
        ):
            place = steps[rows]
        placed = np.isfinite(place) & (place > 0)
        order = np.argsort(place[placed], kind="stable")
        params = table.params[rows]
        known = params[np.isfinite(params)]
        runs.append(
            Run(
                model=model,
                family=family,
                phase=phase,
                rows=rows[placed][order],
                log_tokens=np.log(place[placed][order]),
                log_params=float(np.log(known[0])) if len(known) else np.nan,
            )
        )
    return tuple(run for run in runs if len(run.rows))
