"""What the reference says of each benchmark, why it is silent on others, and who was left out."""

from scalepredict.predictors.interface import Frontier
from scalepredict.predictors.reference.fitted_reference import FittedReference
from scalepredict.records.table import Bools


def reference_notes(fitted: FittedReference, frontier: Frontier, alone: Bools) -> tuple[str, ...]:
    """What the reference says of each benchmark, why it is silent on others, who was left out."""
    notes = []
    drawn = [
        f"{unit.shown} level {use.level_sd:+.1f} sd of {use.families} families of {use.labs} labs, "
        f"weight {use.weight:.1f}"
        for unit, use in zip(frontier.units, fitted.uses(alone), strict=True)
        if use is not None
    ]
    if drawn:
        notes.append(f"reference curves of public models: {'; '.join(drawn)}.")
    silent: dict[str, list[str]] = {}
    for unit, reason in zip(frontier.units, fitted.reasons, strict=True):
        if reason:
            silent.setdefault(reason, []).append(unit.shown)
    for reason, names in silent.items():
        shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        notes.append(f"no reference curve for {shown}: {reason}.")
    if fitted.without:
        notes.append(f"reference: models of {', '.join(fitted.without)} took no part.")
    return tuple(notes)
