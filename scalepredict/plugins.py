"""What do other installed packages add? Their entry points of a group, by name.

A package adds a predictor by an entry point of the group ``scalepredict.predictors`` that names its
class, and a format of results by one of ``scalepredict.importers``; its ``pyproject.toml`` says

    [project.entry-points."scalepredict.predictors"]
    mine = "my_package.mine:Mine"
"""

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from scalepredict.errors import RefusedError

PREDICTORS = "scalepredict.predictors"
IMPORTERS = "scalepredict.importers"


def found(group: str) -> Mapping[str, EntryPoint]:
    """The entry points of a group, in the order of their names.

    Raises:
        RefusedError: Two packages give one name.
    """
    by_name: dict[str, EntryPoint] = {}
    for point in sorted(entry_points(group=group), key=lambda point: (point.name, point.value)):
        other = by_name.setdefault(point.name, point)
        if other.value != point.value:
            raise RefusedError(
                f"{package_of(other)} and {package_of(point)} both give {point.name!r} as "
                f"{group}; uninstall one of them."
            )
    return by_name


def load(point: EntryPoint) -> Any:
    """What an entry point names.

    Raises:
        RefusedError: It cannot be imported.
    """
    try:
        return point.load()
    except (ImportError, AttributeError) as error:
        raise RefusedError(
            f"{package_of(point)} gives {point.name!r} as {point.group}, but {point.value} cannot "
            f"be imported ({error}); mend or uninstall the package."
        ) from error


def package_of(point: EntryPoint) -> str:
    """The package that an entry point belongs to, as a person would install it."""
    return f"package {point.dist.name}" if point.dist is not None else "an unknown package"
