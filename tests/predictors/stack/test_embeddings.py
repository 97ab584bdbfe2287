"""Left-out embeddings: recognised on a grid, and hardly ever where there are none."""

import numpy as np
import pytest
from scipy.special import expit, logit

from scalepredict.predictors.scale.scale_evidence import Ladder
from scalepredict.predictors.stack.embeddings import LIKELY, embedding_notes, embedding_shares
from scalepredict.predictors.stack.shrinkage import Shrinkage
from scalepredict.records.table import Checkpoint, Floats, Unit, make_table


def ladder(params: Floats, tokens: Floats, scores: Floats, *, items: float = 2000.0) -> Ladder:
    rows = [
        Checkpoint(model=f"m{i}", params=float(n), tokens=float(d), flops=float(6 * n * d))
        for i, (n, d) in enumerate(zip(params, tokens, strict=True))
    ]
    units = [Unit(benchmark=f"b{t}", chance=0.25) for t in range(scores.shape[1])]
    behind = np.full(scores.shape, items)
    return Ladder.of_table(make_table(rows, units, scores, n_items=behind), method="test")


@pytest.mark.parametrize("n_benchmarks", [1, 3, 8])
def test_worlds_without_the_effect_are_hardly_ever_said_to_have_it(n_benchmarks: int) -> None:
    """Scores logistic in log C at 200B tokens. At most 1 of 12 worlds may be called (8 %)."""
    params = np.array([6e7, 1.5e8, 4e8, 1e9, 2.1e9, 4.2e9])
    called = 0
    for seed in range(12):
        rng = np.random.default_rng([seed, n_benchmarks])
        share = (rng.uniform(0.45, 0.8, n_benchmarks) - 0.25) / 0.75
        slope = rng.uniform(0.12, 0.3, n_benchmarks) / (0.75 * share * (1 - share))
        decades = np.log10(params / params[-1])
        truth = 0.25 + 0.75 * expit(logit(share) + slope * decades[:, None])
        scores = rng.binomial(2000, truth) / 2000
        called += bool(
            embedding_notes(embedding_shares(ladder(params, np.full(6, 2e11), scores), Shrinkage()))
        )
    assert called <= 1


def test_a_grid_tells_that_embeddings_are_left_out() -> None:
    width = np.array([256, 512, 768, 1024, 1536, 2048, 2560])
    bare = np.repeat(12.0 * width**2 * np.array([32, 16, 12, 24, 24, 24, 32]), 3)
    whole = bare + np.repeat(2 * 50304.0 * width, 3)
    tokens = np.tile([10e9, 40e9, 160e9], 7)
    theta = -np.log(1.69 + 406.4 * whole**-0.34 + 410.7 * tokens**-0.28)
    z = np.linspace(-1.2, 0.6, 8) + 10 * (theta - theta.max())[:, None]
    scores = 0.25 + 0.75 * expit(z)
    assert 1 - embedding_shares(ladder(bare, tokens, scores, items=1e5), Shrinkage())[0] > LIKELY
    assert 1 - embedding_shares(ladder(whole, tokens, scores, items=1e5), Shrinkage())[0] < 0.5
