"""What does compute cost? GPU-hours and money of FLOPs on a known accelerator."""

import math
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from scalepredict.errors import RefusedError, did_you_mean
from scalepredict.records.text.schema import validated
from scalepredict.records.text.yaml_text import load_shipped

FILE = "accelerators.yaml"
SECONDS = 3600.0
USUAL_MFU = 0.4  # share of the peak that large dense runs report


class _Accelerator(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    peak: float = Field(gt=0)  # dense bf16 FLOP/s
    source: str


class _Accelerators(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    accelerators: dict[str, _Accelerator]


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """An accelerator at work.

    Attributes:
        name: As in configs/accelerators.yaml.
        peak: FLOP/s that the vendor states, dense bf16.
        mfu: Share of the peak that training reaches, a fraction.
        price: Money for an hour; None = not asked.
    """

    name: str
    peak: float
    mfu: float
    price: float | None = None

    def hours(self, flops: float) -> float:
        """GPU-hours of so many FLOPs."""
        return flops / (self.peak * self.mfu * SECONDS)

    def flops(self, hours: float) -> float:
        """FLOPs of so many GPU-hours."""
        return hours * self.peak * self.mfu * SECONDS

    def money(self, flops: float) -> float | None:
        """Price of so many FLOPs; None without a price."""
        return None if self.price is None else self.price * self.hours(flops)


def find_machine(name: str, *, mfu: float, price: float | None = None) -> Machine:
    """The accelerator of that name at a share of its peak.

    Raises:
        RefusedError: It is not known, the share is no fraction above 0, or the price is no amount.
    """
    known = validated(load_shipped(FILE), _Accelerators).accelerators
    if name.lower() not in known:
        raise RefusedError(
            f"accelerator {name!r} is not known{did_you_mean(name, known)}; known are "
            f"{', '.join(known)}."
        )
    if not 0 < mfu <= 1:
        raise RefusedError(f"--mfu {mfu:g}: the share of the peak is a fraction, like 0.4.")
    if price is not None and not 0 <= price < math.inf:
        raise RefusedError(f"--price {price:g}: the price of an hour is a number from 0.")
    return Machine(name=name.lower(), peak=known[name.lower()].peak, mfu=mfu, price=price)
