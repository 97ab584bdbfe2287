"""What is worth measuring? Models that determine a law best, and tasks that stand for a benchmark.

Models: minimise the mean variance of the regression over all candidates (V-optimality),

    tr(X'X (S'S + RIDGE)^-1),  X = [1, capabilities] of all candidates, S = those of the chosen,

by greedy addition and exchange. Source: Ruan, Maddison & Hashimoto (2024, 2405.10938), who search
sets of whole families exhaustively; exchange is Fedorov (1972).

Tasks: the subset whose mean tells the benchmark's score best, as
``score = intercept + slope * mean(subset)``, by greedy addition. What that costs is counted on
models that the search has not seen: the largest quarter, where all tell their size. The line drifts
with size, and tasks stand in for larger models still; so what the same tasks miss by with the line
of the smaller half of the models, twice as far away, is added in squares.

Letters: M models, T tasks, P = 1 + K columns of the design.
"""

from dataclasses import dataclass

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.records.table import Bools, Floats, Ints
from scalepredict.records.text.counts import count_of

RIDGE = 1e-3  # in units of one model; lets sets smaller than P be compared
ROUNDS = 50
FOLDS = 5
RANDOM_SETS = 50
LARGEST_QUARTER = "the largest quarter of the models (the drift from the smaller half added)"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ModelChoice:
    """Chosen models.

    Attributes:
        rows: Rows of the candidates, in the order of the table.
        variance: Mean variance of a forecast over all candidates, in units of one score's noise.
        everything: The same if all candidates were measured.
        random: The same for random sets of as many, the median.
    """

    rows: Ints
    variance: float
    everything: float
    random: float


def select_models(
    coordinates: Floats,
    count: int,
    *,
    allowed: Bools,
    cost: Floats | None = None,
    budget: float = np.inf,
    rng: np.random.Generator,
) -> ModelChoice:
    """Choose the models whose downstream scores would determine a regression best.

    Args:
        coordinates: Capabilities. Shape (M, K).
        count: Most models to choose.
        allowed: Which may be chosen; the regression is wanted for all. Shape (M,).
        cost: What measuring each costs; NaN = unknown, never chosen under a budget. Shape (M,).
        budget: Most that the chosen may cost together.
        rng: For the random sets.

    Raises:
        RefusedError: Fewer models are allowed, or in the budget, than the regression has
            parameters.
    """
    design = np.concatenate([np.ones((len(coordinates), 1)), coordinates], axis=1)
    price = np.zeros(len(design)) if cost is None else cost
    open_rows = np.flatnonzero(allowed & (price <= budget))
    if min(count, len(open_rows)) < design.shape[1]:
        raise RefusedError(
            f"{count_of(min(count, len(open_rows)), 'model')} cannot determine a regression on "
            f"{count_of(design.shape[1] - 1, 'component')}; choose {design.shape[1]} or more, "
            "allow larger ones, or ask for fewer --components."
        )
    cheapest = open_rows[np.argsort(price[open_rows], kind="stable")][: design.shape[1]]
    if price[cheapest].sum() > budget:
        raise RefusedError(
            f"the budget does not hold the {design.shape[1]} smallest models, and a regression on "
            f"{count_of(design.shape[1] - 1, 'component')} needs as many; raise it, or ask for "
            "fewer --components."
        )
    search = _Search(design=design, aim=design.T @ design / len(design), price=price)
    chosen = search.added([], open_rows, count, budget)
    if len(chosen) < design.shape[1]:  # the first ones took too much of the budget
        chosen = search.added(cheapest.tolist(), open_rows, count, budget)
    chosen = search.exchanged(chosen, open_rows, budget)
    sets = [_random_set(open_rows, price, count, budget, rng) for _ in range(RANDOM_SETS)]
    return ModelChoice(
        rows=np.sort(chosen),
        variance=search.variance(chosen),
        everything=search.variance(np.arange(len(design))),
        random=float(np.median([search.variance(rows) for rows in sets])),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Search:
    design: Floats  # (M, P)
    aim: Floats  # (P, P)
    price: Floats  # (M,)

    def inverse(self, rows: Ints) -> Floats:
        chosen = self.design[rows]
        square = chosen.T @ chosen + RIDGE * np.eye(self.design.shape[1])
        return np.asarray(np.linalg.inv(square), dtype=float)

    def variance(self, rows: Ints) -> float:
        return float(np.sum(self.aim * self.inverse(rows)))

    def gain(self, rows: Ints) -> Floats:
        # What one more model takes off the variance, for every candidate (Sherman-Morrison).
        inverse = self.inverse(rows)
        pulled = self.design @ inverse
        leverage = np.einsum("mp,mp->m", pulled, self.design)
        return np.asarray(np.einsum("mp,pq,mq->m", pulled, self.aim, pulled) / (1 + leverage))

    def added(self, start: list[int], rows: Ints, count: int, budget: float) -> Ints:
        chosen = list(start)
        while len(chosen) < count:
            left = budget - self.price[chosen].sum()
            able = np.array(
                [row for row in rows if row not in chosen and self.price[row] <= left], dtype=int
            )
            if not able.size:
                break
            gain = self.gain(np.array(chosen, dtype=int))[able]
            chosen.append(int(able[np.argmax(gain)]))
        return np.array(chosen, dtype=int)

    def exchanged(self, chosen: Ints, rows: Ints, budget: float) -> Ints:
        best = self.variance(chosen)
        for _ in range(ROUNDS):
            before = best
            for out in chosen.tolist():
                rest = chosen[chosen != out]
                trial = self.added(rest.tolist(), rows, len(chosen), budget)
                value = self.variance(trial)
                if value < best * (1 - 1e-9):
                    chosen, best = trial, value
            if best >= before * (1 - 1e-9):
                break
        return chosen


def _random_set(
    rows: Ints, price: Floats, count: int, budget: float, rng: np.random.Generator
) -> Ints:
    order = rng.permutation(rows)
    spent = np.cumsum(price[order])
    return np.asarray(order[spent <= budget][:count])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TaskChoice:
    """Tasks that stand for a benchmark, in the order in which they were added.

    Attributes:
        columns: Columns of the tasks, length n.
        intercept: Of ``score = intercept + slope * mean(tasks)``, for the whole choice.
        slope: See ``intercept``.
        error: Root mean squared error on models that the search had not seen, after each task
            was added, a fraction. Shape (n,).
        random: The same for random tasks, the median of many sets. Shape (n,).
        spread: Standard deviation of the benchmark's score over the models: the error of no task.
        tested_on: Which models the search had not seen.
    """

    columns: Ints
    intercept: float
    slope: float
    error: Floats
    random: Floats
    spread: float
    tested_on: str


def select_tasks(
    tasks: Floats,
    score: Floats,
    models: Ints,
    count: int,
    *,
    size: Floats | None = None,
    rng: np.random.Generator,
) -> TaskChoice:
    """Search the tasks that together tell a benchmark's score.

    Args:
        tasks: Scores of the tasks, without gaps. Shape (M, T).
        score: The benchmark's score. Shape (M,).
        models: Number of the model of each row; its checkpoints are held out together. Shape (M,).
        count: Tasks to choose.
        size: Training FLOPs of each row, NaN = unknown. Where all models tell theirs, the largest
            quarter is what the loss is counted on: it is larger models that tasks stand in for.
        rng: For folds and random sets.

    Raises:
        RefusedError: There are fewer than 2 * FOLDS models.
    """
    names, number = np.unique(models, return_inverse=True)
    if len(names) < 2 * FOLDS:
        raise RefusedError(
            f"{count_of(len(names), 'model has', 'models have')} scores on every task of the "
            f"benchmark; the loss of a subset can be counted with {2 * FOLDS} or more. Add models."
        )
    fold = (rng.permutation(len(names)) % FOLDS)[number]
    rank = None if size is None else _ranks(size, number)
    splits = [_Split(seen=fold != f, held=fold == f) for f in range(FOLDS)]
    if rank is not None:
        larger = rank >= len(names) - max(len(names) // 4, 2)
        splits = [_Split(seen=~larger, held=larger, far=rank < len(names) // 2)]
    sets = [rng.permutation(tasks.shape[1])[:count] for _ in range(RANDOM_SETS)]
    missed = np.full((count, len(score)), np.nan)
    by_chance = np.full((RANDOM_SETS, count, len(score)), np.nan)
    for split in splits:
        order = _greedy(tasks[split.seen], score[split.seen], count)
        missed[:, split.held] = split.squares(tasks, score, order)
        for i, columns in enumerate(sets):
            by_chance[i][:, split.held] = split.squares(tasks, score, columns)
    columns = _greedy(tasks, score, count)
    intercept, slope = _line(tasks[:, columns].mean(axis=1)[None], score)
    return TaskChoice(
        columns=columns,
        intercept=float(intercept[0]),
        slope=float(slope[0]),
        error=np.sqrt(np.nanmean(missed, axis=1)),
        random=np.median(np.sqrt(np.nanmean(by_chance, axis=2)), axis=0),
        spread=float(score.std()),
        tested_on="models of all sizes" if rank is None else LARGEST_QUARTER,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Split:
    # Models that tasks and their line are chosen on, those that these are tested on, and those
    # whose line is tested too.
    seen: Bools
    held: Bools
    far: Bools | None = None

    def squares(self, tasks: Floats, score: Floats, columns: Ints) -> Floats:
        near = _errors(tasks, score, columns, self.seen, self.held) ** 2
        if self.far is None:
            return near
        return np.asarray(near + _errors(tasks, score, columns, self.far, self.held) ** 2)


def _ranks(size: Floats, number: Ints) -> Ints | None:
    # Of each model by its largest checkpoint; None where some do not tell, or all are alike.
    largest = np.full(int(number.max()) + 1, -np.inf)
    np.maximum.at(largest, number, size)
    if not np.isfinite(size).all() or np.ptp(np.log10(largest)) == 0:
        return None
    return np.asarray(np.argsort(np.argsort(largest, kind="stable"), kind="stable")[number])


def _greedy(tasks: Floats, score: Floats, count: int) -> Ints:
    # Least residual of the line score ~ mean of the subset, one task more at a time.
    centred = tasks - tasks.mean(axis=0)
    y = score - score.mean()
    total = np.zeros(len(score))
    free = np.ones(tasks.shape[1], dtype=bool)
    order = []
    for _ in range(count):
        candidate = total[:, None] + centred
        along = y @ candidate
        size = (candidate**2).sum(axis=0)
        told = np.where(
            free & (size > 0), along * np.abs(along) / np.maximum(size, 1e-300), -np.inf
        )
        best = int(np.argmax(told))
        order.append(best)
        free[best] = False
        total = total + centred[:, best]
    return np.array(order, dtype=int)


def _errors(tasks: Floats, score: Floats, columns: Ints, seen: Bools, held: Bools) -> Floats:
    # Errors on the held-out models with 1, 2, ... tasks. Shape (n, held).
    means = np.cumsum(tasks[:, columns], axis=1).T / np.arange(1, len(columns) + 1)[:, None]
    intercept, slope = _line(means[:, seen], score[seen])
    fitted = intercept[:, None] + slope[:, None] * means[:, held]
    return np.asarray(fitted - score[held])


def _line(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    centre = x.mean(axis=1, keepdims=True)
    size = ((x - centre) ** 2).sum(axis=1)
    slope = ((x - centre) @ (y - y.mean())) / np.where(size > 0, size, 1.0)
    return y.mean() - slope * centre[:, 0], slope
