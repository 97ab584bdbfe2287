"""Families are fitted by themselves: their laws depend neither on processes nor on each other."""

import numpy as np
import pytest

from scalepredict.predictors.fit_families import fit_families
from scalepredict.predictors.loss.two_step import TwoStep
from scalepredict.predictors.store.json_codec import encode
from scalepredict.records.table import Checkpoint, EvalTable, Unit, make_table


def ladders(*families: str) -> EvalTable:
    """Families of nine models, with losses and scores that follow one noisy law."""
    checkpoints, scores = [], []
    for k, family in enumerate(families):
        rng = np.random.default_rng(k)
        for i in range(9):
            params, tokens = 1e8 * 2**i, 2e9 * 2**i * (1 + i % 3)
            loss = 1.7 + 150 * params**-0.26 + 300 * tokens**-0.26 + rng.normal(0, 0.01)
            checkpoints.append(
                Checkpoint(
                    model=f"{family}{i}",
                    family=family,
                    params=params,
                    tokens=tokens,
                    flops=6 * params * tokens,
                    loss=float(loss),
                )
            )
            scores.append([0.9 / (1 + np.exp(2.5 * (loss - 2.9))) + rng.normal(0, 0.005)])
    return make_table(checkpoints, [Unit(benchmark="arc", chance=0.0)], np.array(scores))


def laws(table: EvalTable, jobs: int = 1) -> list[object]:
    fit = fit_families(table, TwoStep(), jobs=jobs, rng=np.random.default_rng(3))
    return [encode(group.law, type(group.law)) for group in fit.groups]


@pytest.mark.parametrize("jobs", [2, 3])
def test_processes_do_not_change_a_law_that_draws(jobs: int) -> None:
    table = ladders("a", "b", "c")
    assert laws(table, jobs=jobs) == laws(table)


def test_a_family_added_behind_others_does_not_change_their_laws() -> None:
    assert laws(ladders("a", "b", "c"))[:2] == laws(ladders("a", "b"))
