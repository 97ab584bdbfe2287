"""What do the target and the rungs of its ladder cost? GPU-hours and money on one accelerator."""

from collections.abc import Sequence

from scalepredict.cli.views.render import MISSING, Sheet
from scalepredict.evaluation.forecast.forecasting import FamilyForecast
from scalepredict.evaluation.planning.compute_cost import Machine
from scalepredict.records.text.counts import format_count


def cost_sheet(families: Sequence[FamilyForecast], machine: Machine) -> Sheet:
    """One row for each rung, by growing compute, and for each target."""
    rows = []
    for family in families:
        rungs = sorted(
            (float(flops), checkpoint.model)
            for flops, checkpoint in zip(
                family.evidence.flops, family.evidence.checkpoints, strict=True
            )
        )
        targets = [(float(flops), "target") for flops in family.targets.flops]
        for flops, name in [*rungs, *targets]:
            money = machine.money(flops)
            price = (
                () if machine.price is None else (MISSING if money is None else f"{money:,.0f}",)
            )
            rows.append(
                (family.family, name, format_count(flops), f"{machine.hours(flops):,.1f}", *price)
            )
    priced = () if machine.price is None else ("price",)
    return Sheet(
        title=f"cost on {machine.name} at {machine.mfu:.0%} of {machine.peak / 1e12:,.0f} TFLOP/s",
        header=("family", "run", "FLOPs", "GPU-hours", *priced),
        align="llrr" + "r" * len(priced),
        rows=tuple(rows),
    )
