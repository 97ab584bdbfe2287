"""What the reference says of each benchmark, why it is silent on others, and who was left out."""

from scalepredict.predictors.interface import Frontier
from scalepredict.predictors.reference.fitted_reference import FittedReference
from scalepredict.records.notes import Note, noted
from scalepredict.records.table import Bools
from scalepredict.records.text.counts import count_of


def reference_notes(fitted: FittedReference, frontier: Frontier, alone: Bools) -> tuple[Note, ...]:
    """What the reference says of each benchmark, why it is silent on others, who was left out."""
    notes = []
    uses = fitted.uses(alone)
    for unit, use, reason in zip(frontier.units, uses, fitted.reasons, strict=True):
        if use is not None:
            text = (
                f"reference curve of public models: level {use.level_sd:+.1f} sd of "
                f"{use.families} families of {use.labs} labs, weight {use.weight:.1f}."
            )
            notes.append(noted("reference", text, subject=unit.shown))
        if reason:
            text = f"no reference curve: {reason}."
            notes.append(noted("reference-none", text, subject=unit.shown))
    if fitted.left_out:
        text = (
            f"reference curves were drawn without {count_of(fitted.left_out, 'checkpoint')}, whose "
            "params or tokens are not known or not those of a language model (FLOPs within a "
            "factor of 3 of 6 N D)."
        )
        notes.append(noted("reference-partly", text))
    if fitted.without:
        text = f"reference: models of {', '.join(fitted.without)} took no part."
        notes.append(noted("reference-without", text))
    return tuple(notes)
