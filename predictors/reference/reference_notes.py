"""What the reference says of each benchmark, why it is silent on others, and who was left out."""

from scalepredict.predictors.interface import Frontier
from scalepredict.predictors.reference.fitted_reference import FittedReference


def reference_notes(fitted: FittedReference, frontier: Frontier) -> tuple[str, ...]:
    """What the reference says of each benchmark, why it is silent on others, who was left out."""
    notes = []
    for i, unit in enumerate(frontier.units):
        if fitted.served[i]:
            notes.append(
                f"{unit.benchmark}: reference of {fitted.families[i]:.0f} families of "
                f"{fitted.labs[i]:.0f} labs, weight {fitted.weight[i]:.1f}; your level "
                f"{fitted.level_sd[i]:+.1f} sd."
            )
    silent: dict[str, list[str]] = {}
    for unit, reason in zip(frontier.units, fitted.reasons, strict=True):
        if reason:
            silent.setdefault(reason, []).append(unit.benchmark)
    for reason, names in silent.items():
        shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        notes.append(f"no reference curve for {shown}: {reason}.")
    if fitted.without:
        notes.append(f"reference: models of {', '.join(fitted.without)} took no part.")
    return tuple(notes)
