import numpy as np
import pytest

from scalepredict.errors import RefusedError
from scalepredict.predictors.loss.priors import Priors
from scalepredict.records.asymptote import Asymptote, parse_asymptotes


def test_a_range_gives_the_5_and_95_percent_points() -> None:
    given = parse_asymptotes(["1.2..1.7"]).of("c4")
    assert given is not None
    nodes = Priors.of([given], np.array([2.5])).nodes(count=2001)[0]
    assert np.quantile(nodes, [0.05, 0.95]) == pytest.approx([1.2, 1.7], rel=1e-3)


def test_a_name_goes_before_what_holds_for_all() -> None:
    given = parse_asymptotes(["1.6", "c4=1.4", "a=b=1.1"])
    assert given.of("pile") == Asymptote(low=1.6, high=1.6)
    assert given.of("c4") == Asymptote(low=1.4, high=1.4)
    assert given.of("a=b") == Asymptote(low=1.1, high=1.1)
    assert parse_asymptotes(["c4=1.4"]).of("pile") is None


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["low"], "'low' is no positive number"),
        (["-1"], "'-1' is no positive number"),
        (["1.7..1.2"], "1.7 is not below 1.2"),
        (["1.2.."], "'' is no positive number"),
        (["c4=nan"], "'nan' is no positive number"),
        (["1.2", "1.3"], "all benchmarks got one before"),
        (["c4=1.2", "c4=1.3"], "c4 got one before"),
    ],
)
def test_what_is_no_asymptote_is_refused(texts: list[str], said: str) -> None:
    with pytest.raises(RefusedError, match=said):
        parse_asymptotes(texts)
