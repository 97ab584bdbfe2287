"""GPU-hours and money of FLOPs, by the peak of a data sheet and the share of it that is reached."""

import pytest

from scalepredict.errors import RefusedError
from scalepredict.evaluation.planning.compute_cost import Machine, find_machine


def test_an_hour_is_3600_seconds_at_the_share_of_the_peak() -> None:
    machine = find_machine("H100", mfu=0.4, price=2.5)
    assert (machine.name, machine.peak) == ("h100", 989e12)
    assert machine.flops(1.0) == pytest.approx(989e12 * 0.4 * 3600)
    assert machine.hours(1e21) == pytest.approx(1e21 / (989e12 * 0.4 * 3600))
    assert machine.hours(machine.flops(17.0)) == pytest.approx(17.0)
    assert machine.money(1e21) == pytest.approx(2.5 * machine.hours(1e21))


def test_no_price_is_asked_and_none_is_told() -> None:
    assert Machine(name="x", peak=1e15, mfu=0.5).money(1e20) is None
    assert find_machine("a100", mfu=1.0, price=0.0).money(1e20) == 0.0


@pytest.mark.parametrize(
    ("name", "mfu", "price", "words"),
    [
        ("h10", 0.4, None, "'h10' is not known.*h100"),
        ("h100", 0.0, None, "--mfu 0: the share of the peak is a fraction"),
        ("h100", 1.01, None, "--mfu 1.01"),
        ("h100", 0.4, -1.0, "--price -1: the price of an hour is a number from 0"),
    ],
)
def test_a_machine_that_cannot_be_is_refused(
    name: str, mfu: float, price: float | None, words: str
) -> None:
    with pytest.raises(RefusedError, match=words):
        find_machine(name, mfu=mfu, price=price)
