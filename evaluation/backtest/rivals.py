"""Beside which methods is a forecast judged? Simple baselines, the last value always among them."""

from collections.abc import Sequence

from scalepredict.evaluation.backtest.auto import Auto
from scalepredict.evaluation.backtest.outcomes import REFERENCE
from scalepredict.predictors import registry
from scalepredict.predictors.interface import Predictor

BASELINES = ("last", "mean", "trend", "power_law", "nd_law", "sigmoid")


def rivals(chosen: Sequence[str] = ()) -> list[Predictor]:
    """The named methods (``all``: every one), by default the stack and the baselines.

    All are those of plug-ins too. The last value is added: skill is measured against it.

    Raises:
        RefusedError: There is no such method.
    """
    names = chosen or (registry.DEFAULT, *BASELINES)
    if "all" in names:
        names = registry.available()
    return [
        Auto() if name == registry.AUTO else registry.predictor_type(name)()
        for name in dict.fromkeys((*names, REFERENCE))
    ]
