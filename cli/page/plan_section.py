"""What does a report say about the next run? Verdict, curve and its drawing, for each family."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from scalepredict.cli.page.html import picture, section, table, text
from scalepredict.cli.views.plan_view import plan_sheets
from scalepredict.evaluation.planning.budget_curve import Plan
from scalepredict.evaluation.planning.filled_in import Ladder

HEADING = "Which run next, and what it would bring"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Planned:
    """The plan for one family's largest target."""

    plan: Plan
    ladder: Ladder


def plan_section(planned: Mapping[str, Planned | str], *, plots: bool) -> str:
    """The section, by family; a sentence stands where no plan could be made."""
    parts = []
    for number, (family, found) in enumerate(planned.items(), 1):
        if len(planned) > 1:
            parts.append(f"<h3>{text(family)}</h3>\n")
        if isinstance(found, str):
            parts.append(f"<p>{text(found)}</p>\n")
            continue
        parts += [table(sheet) for sheet in plan_sheets(found.plan, found.ladder, None)]
        if plots:
            parts.append(_drawing(found, number))
    return section(HEADING, *parts)


def _drawing(found: Planned, number: int) -> str:
    # Imported here: a report without plots must not need matplotlib.
    from scalepredict.cli.figures.plan_curve import plan_figure
    from scalepredict.cli.figures.style import figure_bytes, house_style

    with house_style():
        svg = figure_bytes(plan_figure(found.plan, found.ladder), ".svg")
    label = "promised width against the budget"
    drawing = picture(svg, number=-number, label=label)
    wide = np.count_nonzero(found.plan.promised) > 1
    return f'<figure style="max-width:{"none" if wide else "40rem"}">{drawing}</figure>\n'
