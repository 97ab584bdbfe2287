"""What would item records of a known world look like? Questions whose answer loss is a power law.

    P(model of compute C passes question i) = g + (1 - g) exp(-alpha_i C^-beta_i - gamma_i)
    beta ~ N(0.22, 0.06^2), log alpha ~ N(difficulty, 1), gamma > 0 for 8 % of the questions

C in units of 1e18 FLOPs, at the eight compute values of the COD paper (2502.17262, its table of
models), with its target 27 times beyond. Models differ in nothing but compute unless
``model_noise`` is given, so that a direct curve does well here: this tests the machinery, it is
no evidence for one method over another.
"""

from dataclasses import dataclass

import numpy as np

from scalepredict.records.table import Checkpoint, EvalTable, Floats, Unit, make_table

PARAMS = np.array([122, 238, 411, 652, 973, 1901, 6980, 12022, 68452]) * 1e6
FLOPS = np.array([39.9, 120.8, 307.8, 688.8, 1386, 4553, 50544, 141444, 3806750]) * 1e18
"""The eight small models and the target."""
TOKENS = FLOPS / (6 * PARAMS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemWorld:
    """A benchmark and its models.

    Attributes:
        difficulty: Mean of log alpha.
        chance: Score of a guesser g.
        n_questions: Questions.
        trials: Graded answers of each model to each question.
        model_noise: Standard deviation of each model's effective log compute (nats).
    """

    difficulty: float
    chance: float = 0.0
    n_questions: int = 1319
    trials: int = 100
    model_noise: float = 0.0


EASY = ItemWorld(difficulty=1.0, chance=0.25)
MID = ItemWorld(difficulty=2.0)
HARD = ItemWorld(difficulty=3.0)
WORLDS = {"easy": EASY, "mid": MID, "hard": HARD}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SimulatedItems:
    """Records and the truth behind them.

    Attributes:
        table: Counts of the eight small models (role fit), an anchor of another family and the
            target. Shape (10, n).
        truth: True pass rates in the same order. Shape (10, n).
    """

    table: EvalTable
    truth: Floats


def simulate_items(
    world: ItemWorld,
    *,
    benchmark: str = "simulated",
    family: str = "simulated",
    rng: np.random.Generator,
) -> SimulatedItems:
    """Draw questions and answers.

    The anchor is a model of another family: 1.5 times the target's compute, each of its answer
    losses off by a factor of exp(N(0, 0.3^2)), and one answer to each question.
    """
    n = world.n_questions
    beta = np.maximum(rng.normal(0.22, 0.06, n), 0.02)
    log_alpha = rng.normal(world.difficulty, 1.0, n)
    gamma = np.where(rng.random(n) < 0.08, rng.uniform(2.0, 5.0, n), 0.0)
    off = rng.normal(0.0, 0.3, n)
    stray = rng.normal(0.0, world.model_noise, len(FLOPS)) if world.model_noise else 0.0
    log_compute = np.log(FLOPS / 1e18) + stray
    log_compute = np.concatenate(
        [log_compute[:-1], [log_compute[-1] + np.log(1.5)], log_compute[-1:]]
    )
    log_loss = log_alpha - np.outer(log_compute, beta)
    log_loss[-2] += off
    with np.errstate(over="ignore"):  # an endless loss leaves chance
        truth = world.chance + (1 - world.chance) * np.exp(-np.exp(log_loss) - gamma)
    trials = np.full(truth.shape, float(world.trials))
    trials[-2] = 1.0
    passed = rng.binomial(trials.astype(int), truth)
    table = make_table(
        _checkpoints(family),
        [
            Unit(benchmark=benchmark, task=f"q{i:05d}", metric="acc", chance=world.chance)
            for i in range(n)
        ],
        passed / trials,
        n_items=trials,
    )
    return SimulatedItems(table=table, truth=truth)


def _checkpoints(family: str) -> list[Checkpoint]:
    small = [
        Checkpoint(
            model=f"sim-{params / 1e6:.0f}M",
            family=family,
            params=float(params),
            tokens=float(tokens),
            flops=float(flops),
            flops_given=True,
        )
        for params, tokens, flops in zip(PARAMS, TOKENS, FLOPS, strict=True)
    ]
    anchor = Checkpoint(model="other-70B", family=f"other-{family}", role="anchor")
    target = Checkpoint(
        model=small[-1].model,
        family=family,
        params=small[-1].params,
        tokens=small[-1].tokens,
        flops=small[-1].flops,
        flops_given=True,
        role="holdout",
    )
    return [*small[:-1], anchor, target]
