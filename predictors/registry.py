"""Which methods are there? Their names as the command line and stored fits know them.

A method is one file and one line here. Modules are imported when they are asked for, because a
command that needs one method must not pay for all.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from scalepredict.errors import RefusedError, did_you_mean

if TYPE_CHECKING:  # `fit --help` lists the names and must not pay for NumPy and SciPy
    from scalepredict.predictors.interface import Law, Predictor

DEFAULT = "stack"


class _Place(NamedTuple):
    module: str
    predictor: str
    law: str
    needs_compute: bool = True


_METHODS: dict[str, _Place] = {
    "stack": _Place("stack.stack", "Stack", "StackLaw"),
    "observational": _Place(
        "observational.observational", "Observational", "ObservationalLaw", False
    ),
    "skills": _Place("skills.skills", "SkillLaws", "SkillsLaw"),
    "cod": _Place("cod.cod", "ClusteringOnDifficulty", "ClusteringOnDifficultyLaw"),
    "last": _Place("direct.last", "LastValue", "LastValueLaw"),
    "mean": _Place("direct.mean", "MeanScore", "MeanScoreLaw"),
    "trend": _Place("direct.trend", "Trend", "DirectLaw"),
    "power_law": _Place("direct.power_law", "PowerLaw", "DirectLaw"),
    "nd_law": _Place("direct.nd_law", "ParamsTokensLaw", "DirectLaw"),
    "sigmoid": _Place("direct.sigmoid", "Sigmoid", "DirectLaw"),
    "sigmoid_nd": _Place("direct.sigmoid_nd", "SigmoidND", "DirectLaw"),
    "cod_curve": _Place("direct.cod_curve", "CodCurve", "DirectLaw"),
    "bnsl": _Place("direct.bnsl", "BrokenPowerLaw", "DirectLaw"),
    "two_step": _Place("loss.two_step", "TwoStep", "TwoStepLaw"),
}


def names() -> tuple[str, ...]:
    """Names of all methods, the default first."""
    return tuple(sorted(_METHODS, key=lambda name: (name != DEFAULT, list(_METHODS).index(name))))


def predictor_type(name: str) -> "type[Predictor]":
    """The class of a method's hyper-parameters.

    Raises:
        RefusedError: There is no method of that name.
    """
    kind: type[Predictor] = _load(name, _place(name).predictor)
    return kind


def law_type(name: str) -> "type[Law]":
    """The class of a method's fitted numbers.

    Raises:
        RefusedError: There is no method of that name.
    """
    kind: type[Law] = _load(name, _place(name).law)
    return kind


def needs_compute(name: str) -> bool:
    """Whether checkpoints without params, tokens and FLOPs are of no use to a method.

    Raises:
        RefusedError: There is no method of that name.
    """
    return _place(name).needs_compute


def _place(name: str) -> _Place:
    if name not in _METHODS:
        close = did_you_mean(name, _METHODS)
        raise RefusedError(f"there is no predictor {name!r}{close}; choose {', '.join(names())}.")
    return _METHODS[name]


def _load(name: str, attribute: str) -> Any:
    return getattr(import_module(f"scalepredict.predictors.{_place(name).module}"), attribute)
