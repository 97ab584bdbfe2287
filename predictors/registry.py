"""Which methods are there? Their names as the command line and stored fits know them.

A method is one file and one line here, or a class that another package gives by an entry point of
the group ``scalepredict.predictors``. Modules are imported when they are asked for, because a
command that needs one method must not pay for all.
"""

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, get_type_hints

from scalepredict import plugins
from scalepredict.errors import RefusedError, did_you_mean

if TYPE_CHECKING:  # `fit --help` lists the names and must not pay for NumPy and SciPy
    from scalepredict.predictors.interface import Law, Predictor

DEFAULT = "stack"
AUTO = "auto"  # no method: the default, or a plain law that forecasts the records better

_METHODS = {
    "stack": "stack.stack:Stack",
    "observational": "observational.observational:Observational",
    "skills": "skills.skills:SkillLaws",
    "reference": "reference.reference:Reference",
    "cod": "cod.cod:ClusteringOnDifficulty",
    "last": "direct.last:LastValue",
    "mean": "direct.mean:MeanScore",
    "trend": "direct.trend:Trend",
    "power_law": "direct.power_law:PowerLaw",
    "nd_law": "direct.nd_law:ParamsTokensLaw",
    "sigmoid": "direct.sigmoid:Sigmoid",
    "sigmoid_nd": "direct.sigmoid_nd:SigmoidND",
    "cod_curve": "direct.cod_curve:CodCurve",
    "bnsl": "direct.bnsl:BrokenPowerLaw",
    "two_step": "loss.two_step:TwoStep",
}
# What a metric that is no fraction is fitted by, whatever predictor was chosen for fractions.
BASELINES = ("last", "trend", "power_law", "nd_law")
_OWN = {"falling": "loss.losses:Losses", "open": "loss.lines:Lines"}
_FACTS = ("pools_families", "reads_tasks", "needs_compute", "reads_known_scores")


def names() -> tuple[str, ...]:
    """Names of the methods of this package, the default first."""
    return tuple(_METHODS)


def plugin_names() -> tuple[str, ...]:
    """Names of the methods that other installed packages give.

    Raises:
        RefusedError: Two packages give one name.
    """
    return tuple(name for name in plugins.found(plugins.PREDICTORS) if name not in _METHODS)


def available() -> tuple[str, ...]:
    """Names of all methods that there are: those of this package, then those of plug-ins.

    Raises:
        RefusedError: Two packages give one name.
    """
    return (*names(), *plugin_names())


@cache
def predictor_type(name: str) -> "type[Predictor]":
    """The class of a method's hyper-parameters.

    Raises:
        RefusedError: There is no method of that name, or the package that gives it is broken.
    """
    if name in _METHODS:
        module, _, attribute = _METHODS[name].partition(":")
        kind: type[Predictor] = getattr(
            import_module(f"scalepredict.predictors.{module}"), attribute
        )
        return kind
    points = plugins.found(plugins.PREDICTORS)
    if name not in points:
        known = (*_METHODS, *points)
        raise RefusedError(
            f"there is no predictor {name!r}{did_you_mean(name, known)}; choose "
            f"{', '.join(known)}, or install the package that gives it."
        )
    return _checked(plugins.load(points[name]), name, plugins.package_of(points[name]))


def own_predictor(kind: str, *, baseline: str = "") -> "Predictor":
    """The method of metrics that are no fractions.

    Args:
        kind: ``falling`` to a bound, or ``open``.
        baseline: Name of the predictor that a backtest tries; where it is one that losses have
            too, that one instead of the default.
    """
    if kind == "falling" and baseline in BASELINES:
        kind_of_all = import_module("scalepredict.predictors.loss.baselines").LossBaseline
        compared: Predictor = kind_of_all(form=baseline)
        return compared
    module, _, attribute = _OWN[kind].partition(":")
    method: Predictor = getattr(import_module(f"scalepredict.predictors.{module}"), attribute)()
    return method


def law_type(kind: "type[Predictor]") -> "type[Law]":
    """The class of a method's fitted numbers: what its ``fit`` says that it returns.

    Raises:
        RefusedError: It does not say.
    """
    law: Any = get_type_hints(kind.fit).get("return")
    if not isinstance(law, type):
        raise RefusedError(
            f"{kind.__module__}.{kind.__qualname__}.fit does not say which class of law it "
            "returns; annotate it, like `-> MyLaw`."
        )
    return law


def _checked(kind: Any, name: str, package: str) -> "type[Predictor]":
    lacking = [fact for fact in ("name", "fit", *_FACTS) if not hasattr(kind, fact)]
    if lacking or kind.name != name:
        what = f"has no {', '.join(lacking)}" if lacking else f"calls itself {kind.name!r}"
        raise RefusedError(f"predictor {name!r} of {package} {what}; mend or uninstall it.")
    checked: type[Predictor] = kind
    return checked
