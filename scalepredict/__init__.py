"""What will the big run score? Forecasts of benchmark scores from records of small models."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("scalepredict")
except PackageNotFoundError:  # run from a checkout that was never installed
    __version__ = "0+unknown"

__all__ = ["__version__"]
