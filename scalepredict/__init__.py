"""What will the big run score? Forecasts of benchmark scores from records of small models.

The names below are the public Python API; README.md shows them at work. They are imported when
they are first used, so that `import scalepredict` and `--help` cost nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scalepredict.api import backtest as backtest
    from scalepredict.api import calibrate as calibrate
    from scalepredict.api import check as check
    from scalepredict.api import clusters as clusters
    from scalepredict.api import compare as compare
    from scalepredict.api import fit as fit
    from scalepredict.api import forecast as forecast
    from scalepredict.api import load_fit as load_fit
    from scalepredict.api import save_fit as save_fit
    from scalepredict.errors import ScalePredictError as ScalePredictError
    from scalepredict.evaluation.classes.classes import classify as classify
    from scalepredict.evaluation.intervals.levels import Levels as Levels
    from scalepredict.records.reading.read import read_records as read_records

    __version__: str

_API = (
    *("backtest", "calibrate", "check", "clusters", "compare"),
    *("fit", "forecast", "load_fit", "save_fit"),
)
_HOMES = {
    **dict.fromkeys(_API, "scalepredict.api"),
    "Levels": "scalepredict.evaluation.intervals.levels",
    "ScalePredictError": "scalepredict.errors",
    "classify": "scalepredict.evaluation.classes.classes",
    "read_records": "scalepredict.records.reading.read",
}

__all__ = [
    "Levels",
    "ScalePredictError",
    "__version__",
    "backtest",
    "calibrate",
    "check",
    "classify",
    "clusters",
    "compare",
    "fit",
    "forecast",
    "load_fit",
    "read_records",
    "save_fit",
]


if not TYPE_CHECKING:  # a type checker knows the names above, and shall miss all others

    def __getattr__(name: str) -> object:
        if name == "__version__":
            return _version()
        if name in _HOMES:
            return getattr(import_module(_HOMES[name]), name)
        raise AttributeError(f"module 'scalepredict' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("scalepredict")
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "0+unknown"
