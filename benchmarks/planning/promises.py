"""How did promised widths compare with those reached? Constants of promises, fitted and judged."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from scalepredict.evaluation.planning.promise import promised_width
from scalepredict.records.table import Floats

# Pools are few: what lies between these points of the others holds about 90 % of a new one.
RANGE = (0.025, 0.975)
CLOSE = 0.2  # a promise this close to what came is kept


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Promised:
    """Widths of the benchmarks of one ladder: now, with runs filled in, and with the runs made."""

    group: str
    runs: int
    now: Floats
    filled: Floats
    reached: Floats

    def width(self, lost: float) -> float:
        """Mean promised width."""
        return float(promised_width(self.filled, self.now, lost).mean())

    def of_mean(self, lost: float) -> Floats:
        """log(reached / promised) of the mean. Shape (1,)."""
        return np.array([np.log(self.reached.mean() / self.width(lost))])

    def of_each(self, lost: float) -> Floats:
        """The same of each benchmark."""
        ratio: Floats = np.log(self.reached / promised_width(self.filled, self.now, lost))
        return ratio


def lost_of(promises: Sequence[Promised]) -> float:
    """Part of the narrowing that is lost, so that the median promise is right; groups alike."""

    def excess(lost: float) -> float:
        return float(
            np.mean([np.median(_logs(promises, group, lost)) for group in _groups(promises)])
        )

    return float(brentq(excess, -0.9, 0.9))


def spread_of(promises: Sequence[Promised], known: Sequence[Promised], *, single: bool) -> Floats:
    """Quantiles of log(reached / promised) of groups that took no part; groups count alike."""
    grid = np.linspace(0.0, 1.0, 201)
    left = [
        _logs(promises, group, _without(known, group), single=single) for group in _groups(promises)
    ]
    spread: Floats = np.quantile(np.concatenate([np.quantile(one, grid) for one in left]), RANGE)
    return spread


def near(widths: Sequence[float], times: float) -> int:
    """Place of the first width that is nearly as good as the best."""
    fallen = np.minimum.accumulate(widths)
    return int(np.argmax(fallen <= times * fallen[-1]))


def show_promises(one: Sequence[Promised], up_to_three: Sequence[Promised]) -> None:
    """What came of promises, with constants of the other groups."""
    for name, promises in (("one run", one), ("up to three runs", up_to_three)):
        every: list[Floats] = []
        held: list[bool] = []
        for group in _groups(promises):
            mine = [promise for promise in promises if promise.group == group]
            left = _logs(mine, group, _without(one, group))
            inside = [_inside(promise, promises, one, single=False) for promise in mine]
            each = np.concatenate([_inside(p, promises, one, single=True) for p in mine])
            every.append(left)
            held += [bool(hit[0]) for hit in inside]
            print(
                f"promise of {name} on {group} (constants of the others): reached / promised "
                f"{np.exp(np.median(left)):.2f}, within 20 % in {_close(left):.0%} of {len(left)}, "
                f"range holds {np.mean(inside):.0%}, of single benchmarks {each.mean():.0%}"
            )
        whole = np.concatenate(every)
        print(
            f"promise of {name}: reached / promised {np.exp(np.median(whole)):.2f}, within 20 % "
            f"in {_close(whole):.0%} of {len(whole)}, range holds {np.mean(held):.0%}"
        )


def _inside(
    promise: Promised, promises: Sequence[Promised], known: Sequence[Promised], *, single: bool
) -> Floats:
    others = [
        p for p in promises if p.group != promise.group and (p.runs == 1) == (promise.runs == 1)
    ]
    apart = [p for p in known if p.group != promise.group]
    low, high = spread_of(others, apart, single=single)
    lost = lost_of(apart)
    left = promise.of_each(lost) if single else promise.of_mean(lost)
    hit: Floats = ((left >= low) & (left <= high)).astype(float)
    return hit


def _close(logs: Floats) -> float:
    return float(np.mean(np.abs(np.expm1(logs)) < CLOSE))


def _without(promises: Sequence[Promised], group: str) -> float:
    return lost_of([promise for promise in promises if promise.group != group])


def _groups(promises: Sequence[Promised]) -> list[str]:
    return list(dict.fromkeys(promise.group for promise in promises))


def _logs(promises: Sequence[Promised], group: str, lost: float, *, single: bool = False) -> Floats:
    mine = [promise for promise in promises if promise.group == group]
    return np.concatenate(
        [promise.of_each(lost) if single else promise.of_mean(lost) for promise in mine]
    )
