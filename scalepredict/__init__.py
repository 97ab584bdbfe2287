"""What will the big run score? Forecasts of benchmark scores from records of small models.

The names below are the public Python API; README.md shows them at work. They are imported when
they are first used, so that `import scalepredict` and `--help` cost nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scalepredict.api import fit as fit
    from scalepredict.api import forecast as forecast
    from scalepredict.errors import ScalePredictError as ScalePredictError
    from scalepredict.evaluation.classes.classes import classify as classify
    from scalepredict.predictors.store.fit_file import load_fit as load_fit
    from scalepredict.records.reading.read import read_records as read_records

    __version__: str

_HOMES = {
    "ScalePredictError": "scalepredict.errors",
    "classify": "scalepredict.evaluation.classes.classes",
    "fit": "scalepredict.api",
    "forecast": "scalepredict.api",
    "load_fit": "scalepredict.predictors.store.fit_file",
    "read_records": "scalepredict.records.reading.read",
}

__all__ = [
    "ScalePredictError",
    "__version__",
    "classify",
    "fit",
    "forecast",
    "load_fit",
    "read_records",
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
