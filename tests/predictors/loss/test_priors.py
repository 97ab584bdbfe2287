import numpy as np
import pytest

from scalepredict.predictors.loss.priors import LEAST_SHARE, STANDING, Priors
from scalepredict.records.asymptote import Asymptote


def test_the_centre_is_raised_where_only_one_of_params_and_tokens_grows() -> None:
    priors = Priors.of([None] * 4, np.full(4, 2.0))
    raised = priors.along(np.array([-1.0, 1.0, 0.3, -0.7])).centre
    low, high = 2 * LEAST_SHARE, 2 * LEAST_SHARE * (1 + STANDING)
    assert raised == pytest.approx([high, high, low, low])


def test_what_the_user_gives_is_not_raised() -> None:
    priors = Priors.of([Asymptote(low=1.4, high=1.7)], np.array([2.5]))
    assert priors.along(np.array([-1.0])).centre == pytest.approx(priors.centre)
