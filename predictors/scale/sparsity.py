"""How many of a model's parameters does one token use? Sparsity of mixtures of experts.

    log (N_total / N_active) = level + slope log N_total

FLOPs of a mixture of experts are 6 x active parameters x tokens, so laws of N read active ones.
Within one ladder the ratio is constant or follows one trend; a rung with another number of experts
is another recipe.
"""

from dataclasses import dataclass, replace

import numpy as np

from scalepredict.records.notes import Note, noted
from scalepredict.records.table import EvalTable, Floats
from scalepredict.records.text.counts import count_of, listed

SAME = 1.15  # ratios this close to the trend were meant to be on it


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sparsity:
    """The trend of one family.

    Attributes:
        level: log (total / active) at ``centre``.
        slope: Its rise with log total.
        centre: Mean log total.
        words: The trend in words, for the user.
        apart: Models whose ratio is off the trend.
    """

    level: float
    slope: float
    centre: float
    words: str
    apart: tuple[str, ...]

    def active(self, params: Floats) -> Floats:
        """Active parameters of models of so many in total, any shape."""
        ratio = self.level + self.slope * (np.log(params) - self.centre)
        result: Floats = params * np.exp(-np.maximum(ratio, 0.0))
        return result

    def total(self, active: Floats) -> Floats:
        """Total parameters of models of so many active ones, any shape."""
        # log active = log total - ratio, which is linear in log total.
        log_total = (np.log(active) + self.level - self.slope * self.centre) / (1 - self.slope)
        result: Floats = np.maximum(np.exp(log_total), active)
        return result


def read_sparsity(evidence: EvalTable) -> Sparsity | None:
    """The sparsity of a family; None if no model says that its parameters are not all active."""
    known = np.isfinite(evidence.params_active) & np.isfinite(evidence.params)
    if not known.any():
        return None
    table = evidence.take_rows(known)
    x, y = np.log(table.params), np.log(table.params / table.params_active)
    middle = float(np.median(y))
    constant = np.abs(y - middle) <= np.log(SAME)
    if constant.all() or len(np.unique(x)) < 3:
        slope, level, centre = 0.0, middle, float(x.mean())
        left = y - middle
    else:
        slope, at_zero = (float(v) for v in np.polyfit(x, y, 1))
        # Most rungs of one ratio and a few of another are no trend.
        if constant.mean() > 0.5:
            slope, at_zero = 0.0, middle
        slope = min(slope, 0.9)
        centre = float(x.mean())
        level = at_zero + slope * centre
        left = y - level - slope * (x - centre)
    off = np.abs(left) > np.log(SAME)
    ratio = np.exp(y)
    words = (
        f"active parameters by the ladder's own ratio, 1 in {np.exp(level):.3g}"
        if slope == 0
        else f"active parameters by the ladder's trend ({ratio.min():.3g} to {ratio.max():.3g} in "
        "total for each active one)"
    )
    names = tuple(
        dict.fromkeys(c.model for c, out in zip(table.checkpoints, off, strict=True) if out)
    )
    return Sparsity(level=level, slope=slope, centre=centre, words=words, apart=names)


def sparsity_warnings(evidence: EvalTable) -> tuple[Note, ...]:
    """Rungs whose sparsity is another than the ladder's; models that do not tell it."""
    found = read_sparsity(evidence)
    if found is None:
        return ()
    warnings = []
    if found.apart:
        text = (
            "another share of active parameters than the rest of the ladder, so another recipe; "
            "give such models a family of their own."
        )
        warnings.append(noted("active-params", text, subject=listed(found.apart, most=4)))
    if missing := int(np.isnan(evidence.params_active).sum()):
        text = (
            f"{count_of(missing, 'checkpoint')} of the ladder without params_active; all of their "
            "parameters count as active."
        )
        warnings.append(noted("active-params", text))
    return tuple(warnings)


def with_active_params(evidence: EvalTable) -> EvalTable:
    """The table with active parameters in the place of params, where they are known."""
    if not np.isfinite(evidence.params_active).any():
        return evidence
    return replace(
        evidence,
        checkpoints=tuple(
            c if c.params_active is None else replace(c, params=c.params_active)
            for c in evidence.checkpoints
        ),
    )
