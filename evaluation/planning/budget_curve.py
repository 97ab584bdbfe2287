"""What does each budget buy, and where does more of it stop to help? Curve, knee and limit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.evaluation.planning.counted import count_benchmarks
from scalepredict.evaluation.planning.filled_in import Ladder, widths_now, widths_with
from scalepredict.evaluation.planning.next_runs import Run, Space, least_costs, next_runs
from scalepredict.evaluation.planning.off_chance import leaves_chance
from scalepredict.evaluation.planning.promise import Promise
from scalepredict.predictors.limits import FEWEST_MODELS, MAX_FACTOR
from scalepredict.predictors.numerics.rungs import rungs
from scalepredict.records.table import Bools, Floats
from scalepredict.records.text.counts import format_count

BUDGETS = 12  # points of the curve
NEAR = 1.15  # a width this close to the best one is as good
GAP = 1.0  # decades between the two largest runs beyond which intervals hold unevenly
ALIKE = 1.03  # promised widths this close are the same but for the drawn measurements
OWN = 1.5  # tokens per parameter this near to the ladder's are its own
GROWTH = 1.25  # a run this much larger than the largest one is the least that can tell more


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Point:
    """One budget of the curve: widths of the 90 % interval at the target, promised.

    Attributes:
        budget: FLOPs.
        runs: What the budget buys.
        width: Mean over benchmarks whose width can be promised.
        low: In 90 % of such ladders the mean width lay above this,
        high: and below this.
        widths: Width of each benchmark, NaN where none is promised. Shape (T,).
        lows: In 90 % of such ladders the width of a benchmark lay above this, shape (T,),
        highs: and below this. Shape (T,).
        error50: Median of the errors that such ladders had, a fraction.
        error90: Their 90 % point.
    """

    budget: float
    runs: tuple[Run, ...]
    width: float
    low: float
    high: float
    widths: Floats
    lows: Floats
    highs: Floats
    error50: float
    error90: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """What to run next.

    Attributes:
        budget: FLOPs that were asked about.
        target: Parameters, tokens and FLOPs of the target.
        space: Where runs may lie.
        runs: The proposed ones, the nearest to the target first.
        promised: Which columns of the evidence have a width that is promised. Shape (T,).
        now: Width of each benchmark now, NaN where none is promised, and if there is no forecast
            before another run is made. Shape (T,).
        point: What the proposed runs promise.
        curve: Points by rising budget; neither the mean nor a benchmark ever gets wider.
        tried: What named designs promise, each by itself.
        least_budget: FLOPs below which no forecast, or no news, is to be had.
        notes: What must be known beside the numbers.
    """

    budget: float
    space: Space
    runs: tuple[Run, ...]
    promised: Bools
    now: Floats
    point: Point
    curve: tuple[Point, ...]
    tried: tuple[Point, ...]
    least_budget: float
    notes: tuple[str, ...]

    @property
    def mean_now(self) -> float:
        """Mean width now of the benchmarks whose width is promised; NaN without a forecast."""
        return float(self.now[self.promised].mean())

    @property
    def limit(self) -> float:
        """Mean width with the largest run that is not the target."""
        return self.curve[-1].width

    @property
    def knee(self) -> Point | None:
        """The least budget that is nearly as good as the best; None where no budget helps."""
        return self._enough(np.array([point.width for point in self.curve]), self.mean_now)

    @property
    def verdict(self) -> str:
        """``run`` or ``none``; a budget that is too small has no plan."""
        return "none" if self.knee is None else "run"

    def knee_of(self, column: int) -> Point | None:
        """The same for one benchmark; None where no budget narrows its interval."""
        widths = np.array([point.widths[column] for point in self.curve])
        return self._enough(widths, float(self.now[column]))

    def _enough(self, widths: Floats, now: float) -> Point | None:
        best = NEAR * widths[-1]
        return None if best >= now else self.curve[int(np.argmax(widths <= best))]


def least_budget(ladder: Ladder, space: Space) -> float:
    """FLOPs below which a run brings no forecast within reach, or nothing that is not known.

    Raises:
        RefusedError: The target lies inside the evidence, or too near it for a smaller run.
    """
    largest = float(np.nanmax(ladder.evidence.flops))
    if space.flops <= largest * GROWTH:
        raise RefusedError(
            f"the target ({format_count(space.flops)} FLOPs) is less than {GROWTH:g}x the largest "
            f"run of the ladder ({format_count(largest)}); a plan is for a target beyond it."
        )
    if space.most_flops < GROWTH * largest and not space.candidates:
        raise RefusedError(
            f"the largest run that is not the target ({format_count(space.most_flops)} FLOPs) "
            f"is hardly larger than the ladder's own ({format_count(largest)}), so none is worth "
            "making; --up-to allows larger ones."
        )
    needed = space.flops / MAX_FACTOR
    if not space.candidates:  # a named run may be another seed of one that there is
        needed = max(needed, min(GROWTH * largest, space.most_flops))
    if space.candidates:
        allowed = [run for run in space.candidates if needed <= run.flops <= space.most_flops]
        costs = [run.cost for run in allowed]
    elif space.sizes:
        costs = least_costs(space, needed)
    else:
        costs = [needed / (1.0 if _scales(ladder) + 1 >= FEWEST_MODELS else 0.76)]
    if not costs:
        raise RefusedError(
            f"none of the {'candidates' if space.candidates else 'sizes'} makes a run that tells "
            f"more than the ladder does: from {format_count(needed)} to "
            f"{format_count(space.most_flops)} FLOPs (--up-to); allow other ones."
        )
    return min(costs)


def make_plan(
    ladder: Ladder,
    space: Space,
    budget: float,
    *,
    runs: int,
    promise: Promise,
    jobs: int,
    rng: np.random.Generator,
    tried: Sequence[Run] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Plan:
    """Plan the next runs of a ladder.

    Args:
        ladder: Evidence and target.
        space: Where runs may lie.
        budget: FLOPs to spend.
        runs: How many at the most.
        promise: What promised widths are multiplied by.
        jobs: Processes.
        rng: Draws the noise of the measurements that are filled in.
        tried: Designs to compare with the proposed runs, each by itself.
        progress: Told how many of how many fits are done.

    Raises:
        RefusedError: The target lies inside the evidence, the budget buys nothing that tells, or no
            benchmark of the ladder has a width to be promised.
    """
    least = least_budget(ladder, space)
    if not budget >= least * (1 - 1e-9):
        raise RefusedError(
            f"a budget of {format_count(budget)} FLOPs buys no run that tells more than the ladder "
            f"does; the least that helps is {format_count(least)}."
        )
    promised, notes = _promised(ladder, space)
    costs = [run.cost for run in space.candidates if run.flops <= space.most_flops]
    most = max(space.most_flops, GROWTH * least, *costs)
    budgets = [float(b) for b in np.geomspace(least, most, BUDGETS)]
    spent = [*budgets, budget, *(run.cost for run in tried)]
    plans = [_bought(ladder, space, b, runs) for b in (*budgets, budget)] + [(r,) for r in tried]
    filled = widths_with(ladder, plans, jobs=jobs, rng=rng, progress=progress)
    now = np.where(promised, widths_now(ladder), np.nan)
    reached = space.flops <= MAX_FACTOR * float(np.nanmax(ladder.evidence.flops)) * (1 + 1e-9)
    # A set of runs with which no law can be fitted promises nothing.
    widths = np.where(np.isnan(filled) | ~promised, now, filled)
    means = np.nanmean(widths, axis=1)
    chosen, kept = _kept(widths, means, int(np.searchsorted(budgets, budget * (1 + 1e-9))))
    points = tuple(
        _point(ladder, space, b, plans[k], width, now, promise)
        for b, k, width in zip(spent, chosen, kept, strict=True)
    )
    runs_now = plans[chosen[BUDGETS]]
    return Plan(
        budget=budget,
        space=space,
        runs=runs_now,
        promised=promised,
        now=now if reached else np.full_like(now, np.nan),
        point=points[BUDGETS],
        curve=points[:BUDGETS],
        tried=points[BUDGETS + 1 :],
        least_budget=least,
        notes=(
            *notes,
            *_cheaper(plans[BUDGETS], means[BUDGETS], runs_now, means[chosen[BUDGETS]]),
            *_cautions(ladder, space, runs_now),
        ),
    )


def _kept(widths: Floats, means: Floats, place: int) -> tuple[list[int], Floats]:
    # Which set of runs each budget keeps, and its widths. The curve goes first, then the budget
    # that is asked about, which lies before that place of the curve, then designs of the user's.
    chosen = [*best_so_far(means[:BUDGETS]), *range(BUDGETS, len(widths))]
    until = [*range(place), BUDGETS]
    chosen[BUDGETS] = until[best_so_far(means[until])[-1]]
    kept = widths[chosen]
    kept[:BUDGETS] = never_wider(kept[:BUDGETS])
    bounds = np.pad(kept[:BUDGETS], ((1, 1), (0, 0)))
    bounds[0], bounds[-1] = np.inf, -np.inf
    kept[BUDGETS] = np.clip(kept[BUDGETS], bounds[place + 1], bounds[place])
    return chosen, kept


def best_so_far(means: Floats) -> list[int]:
    """Which set of runs each budget keeps: its own, unless a cheaper one is plainly narrower."""
    best = [int(np.argmin(means[: i + 1])) for i in range(len(means))]
    return [i if means[i] <= ALIKE * means[k] else k for i, k in enumerate(best)]


def never_wider(widths: Floats) -> Floats:
    """Widths of each benchmark by rising budget, as means that do not rise. Shapes (B, T).

    Two drawn measurements leave a promise uncertain; nobody has to spend all of a budget.
    """
    # Imported here: only a plan needs it, and it takes long.
    from sklearn.isotonic import isotonic_regression

    fallen = widths.copy()
    for column in np.flatnonzero(np.isfinite(widths).all(axis=0)):
        fallen[:, column] = isotonic_regression(widths[:, column], increasing=False)
    return fallen


def _bought(ladder: Ladder, space: Space, budget: float, most: int) -> tuple[Run, ...]:
    found = next_runs(space, budget, most=most, scales=_scales(ladder))
    if not found:
        raise RefusedError(
            f"none of the allowed runs costs {format_count(budget)} FLOPs or less; allow smaller "
            "sizes, or raise the budget."
        )
    return found


def _scales(ladder: Ladder) -> int:
    return len(np.unique(rungs(ladder.evidence.flops)))


def _promised(ladder: Ladder, space: Space) -> tuple[Bools, tuple[str, ...]]:
    # No width for what no run of the ladder can measure yet.
    counted = count_benchmarks(ladder)
    silent = ""
    if counted.at_chance:
        silent = (
            f"at chance in every run, so no width is promised: {', '.join(counted.at_chance)}. "
            f"{_leaving(ladder, space, counted.at_chance)}"
        )
    if not counted.columns:
        said = silent or "none of them has a forecast."
        raise RefusedError(
            f"no benchmark of the ladder has an interval that a run could narrow: {said}"
        )
    promised = np.isin(np.arange(len(ladder.evidence.units)), counted.columns)
    return promised, (*counted.notes, *filter(None, [silent]))


def _leaving(ladder: Ladder, space: Space, names: Sequence[str]) -> str:
    shown = [unit.shown for unit in ladder.evidence.units]
    runs = {name: leaves_chance(ladder, space, shown.index(name)) for name in names}
    known = [
        f"{name} leaves it at about {format_count(run.params)} on {format_count(run.tokens)}"
        for name, run in runs.items()
        if run is not None
    ]
    if len(known) < len(runs):
        known.append(f"{'the others do not' if known else 'none leaves it'} before the target")
    return f"By the forecast {'; '.join(known)}."


def _point(
    ladder: Ladder,
    space: Space,
    budget: float,
    runs: tuple[Run, ...],
    widths: Floats,
    now: Floats,
    promise: Promise,
) -> Point:
    largest = float(np.nanmax(ladder.evidence.flops))
    top = max(run.flops for run in runs)
    error50, error90 = promise.errors(float(np.log10(space.flops / max(top, largest))))
    promised = promise.width(widths, now)
    width = float(np.nanmean(promised))
    lowest, highest = promise.benchmark.around(len(runs))
    alone = np.isfinite(promised).sum() == 1
    low, high = (lowest, highest) if alone else promise.mean.around(len(runs))
    return Point(
        budget=budget,
        runs=runs,
        width=width,
        low=width * low,
        high=width * high,
        widths=promised,
        lows=promised * lowest,
        highs=promised * highest,
        error50=error50,
        error90=error90,
    )


def _cheaper(
    asked: Sequence[Run], mean: float, kept: Sequence[Run], narrower: float
) -> tuple[str, ...]:
    if asked == kept:
        return ()
    largest = max(asked, key=lambda run: run.flops)
    return (
        f"{format_count(sum(run.cost for run in kept))} FLOPs are proposed, since with all of the "
        f"budget ({format_count(largest.params)} on {format_count(largest.tokens)}) the interval "
        f"would be {mean / narrower:.2g}x as wide.",
    )


def _cautions(ladder: Ladder, space: Space, runs: Sequence[Run]) -> tuple[str, ...]:
    notes = []
    flops = np.sort(np.append(ladder.evidence.flops, [run.flops for run in runs]))
    if np.log10(flops[-1] / flops[-2]) > GAP:
        notes.append(
            f"the largest run would lie {flops[-1] / flops[-2]:.0f}x above the next one; after "
            "such a gap 90 % intervals held in 84 to 97 % of the cases, by group."
        )
    known = ladder.evidence.tokens / ladder.evidence.params
    least, most = float(np.nanmin(known)), float(np.nanmax(known))
    if not space.candidates and not least / OWN <= space.ratio <= most * OWN:
        own = f"{least:.3g}" + (f" to {most:.3g}" if most > OWN * least else "")
        notes.append(
            f"runs have {space.ratio:.3g} tokens per parameter, near the target's; the ladder has "
            f"{own}."
        )
    low, high = space.ratios
    if not low * 0.999 <= space.tokens / space.params <= high * 1.001:
        notes.append(
            f"the target has {space.tokens / space.params:.3g} tokens per parameter, outside the "
            f"allowed {low:.3g} to {high:.3g}; runs have {space.ratio:.3g}."
        )
    return tuple(notes)
