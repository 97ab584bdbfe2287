"""Weights of members: the prior without trials, and the better forecaster after them."""

from dataclasses import dataclass

import numpy as np
import pytest

from scalepredict.predictors.scale.scale_evidence import Ladder, Scale
from scalepredict.predictors.stack.trial_weights import trial_weights
from scalepredict.records.table import Checkpoint, Floats, Unit, make_table


def ladder(n: int, scores: Floats) -> Ladder:
    params = 1e8 * 3.0 ** np.arange(n)
    rows = [Checkpoint(model=f"m{i}", params=p, tokens=20 * p, flops=120 * p * p)
            for i, p in enumerate(params)]  # fmt: skip
    units = [Unit(benchmark=f"b{t}") for t in range(scores.shape[1])]
    items = np.full(scores.shape, 1e4)
    return Ladder.of_table(make_table(rows, units, scores, n_items=items), method="test")


def truth(scale: Scale) -> Floats:
    decades = np.log10(scale.flops / 1.2e18)
    rises: Floats = 0.1 + 0.12 * decades[:, None] * np.array([1.0, 0.8])
    return rises


@dataclass(frozen=True)
class OffBy:
    """Members that miss the truth by so much."""

    errors: tuple[float, ...]

    def scores(self, scale: Scale) -> Floats:
        """The truth, and each member's error."""
        missed: Floats = truth(scale) + np.array(self.errors)[:, None, None]
        return missed


def weights(n: int, errors: tuple[float, ...], prior: tuple[float, ...]) -> tuple[Floats, int]:
    empty = ladder(n, np.full((n, 2), 0.5))
    found = trial_weights(
        ladder(n, truth(empty.scale)),
        lambda part: OffBy(errors),
        prior,
        to_earn=[p < 1 for p in prior],
    )
    return found.weights, found.origins


def test_without_trials_members_count_by_the_prior_and_newcomers_not_at_all() -> None:
    weight, origins = weights(3, (0.01, 0.02, 0.0), (1.0, 1.0, 0.25))
    assert origins == 0
    np.testing.assert_allclose(weight[:, 0], [0.5, 0.5, 0.0])


def test_a_newcomer_takes_over_where_it_forecasts_clearly_better() -> None:
    weight, origins = weights(7, (0.04, 0.05, 0.0), (1.0, 1.0, 0.25))
    assert origins == 4
    assert (weight[2] > 0.9).all()


@pytest.mark.parametrize("n", [5, 7])
def test_a_newcomer_that_is_no_better_keeps_its_prior_share(n: int) -> None:
    weight, _ = weights(n, (0.02, 0.02, 0.02), (1.0, 1.0, 0.25))
    np.testing.assert_allclose(weight[:, 0], np.array([1.0, 1.0, 0.25]) / 2.25)


def test_more_trials_make_the_same_error_count_for_more() -> None:
    few, many = (weights(n, (0.03, 0.02), (1.0, 1.0))[0][1, 0] for n in (5, 7))
    assert 0.5 < few < many < 1.0


def test_what_does_not_follow_scale_has_no_say_about_the_others() -> None:
    scores = truth(ladder(7, np.full((7, 2), 0.5)).scale)
    beside = np.hstack([scores, np.full((7, 3), 0.25)])

    @dataclass(frozen=True)
    class Wide:
        """A member right about what rises and one right about what stays."""

        n_units: int

        def scores(self, scale: Scale) -> Floats:
            """Both members."""
            both = np.stack([truth(scale), truth(scale) - 0.03])
            idle = np.full((2, len(scale.flops), self.n_units - 2), 0.25)
            idle[0] += 0.2
            return np.concatenate([both, idle], axis=2)

    alone = trial_weights(
        ladder(7, scores), lambda part: Wide(2), (1.0, 1.0), to_earn=(False, False)
    ).weights
    among = trial_weights(
        ladder(7, beside), lambda part: Wide(5), (1.0, 1.0), to_earn=(False, False)
    ).weights
    np.testing.assert_allclose(among[:, :2], alone)
    assert (among[1, 2:] > among[0, 2:]).all()


@dataclass(frozen=True)
class Missing:
    """Two members that miss 40 units, in part together."""

    together: float
    apart: float

    def scores(self, scale: Scale) -> Floats:
        """Both members."""
        rng = np.random.default_rng(len(scale.flops))
        own = self.apart * rng.standard_normal((len(scale.flops), 40))
        missed = self.together * rng.choice([-1.0, 1.0], size=(len(scale.flops), 1)) + own
        return np.stack([0.5 + missed] * 2)


@pytest.mark.parametrize(("together", "apart"), [(0.02, 0.0), (0.02, 0.02), (0.0, 0.02)])
def test_trials_tell_how_far_benchmarks_miss_together(together: float, apart: float) -> None:
    still = ladder(7, np.full((7, 40), 0.5))
    found = trial_weights(
        still, lambda part: Missing(together, apart), (1.0, 1.0), to_earn=(False, False)
    ).common_error
    assert found == pytest.approx(together**2 / (together**2 + apart**2), abs=0.1)


def test_one_benchmark_tells_nothing_of_what_is_common() -> None:
    one = ladder(7, np.full((7, 1), 0.5))
    assert (
        trial_weights(one, lambda part: OffByOne(), (1.0,), to_earn=(False,)).common_error is None
    )


class OffByOne:
    """A member of one unit."""

    def scores(self, scale: Scale) -> Floats:
        """A point too high."""
        return np.full((1, len(scale.flops), 1), 0.51)
