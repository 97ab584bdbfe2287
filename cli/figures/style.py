"""How do all figures look? One set of colours and sizes, exact bytes, and text that stays text.

Colours are those of Okabe and Ito (2008), told apart by colour-blind readers. In a report the same
figures follow the page's light or dark theme: every colour below is replaced by a CSS variable.
"""

import io
import math
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scalepredict.cli.views.render import clean
from scalepredict.errors import RefusedError
from scalepredict.records.table import Floats, Unit

# Each is unlike any colour that matplotlib writes by itself, so that it can be found and replaced.
INK = "#1a1a1b"
MUTED = "#6b6b6d"
GRID = "#dededf"
PAPER = "#fffffe"
FAN = "#0072b1"
POINT = "#1a1a1c"
TARGET = "#d55e01"
FLAG = "#cc79a6"
SERIES = (FAN, TARGET, "#009e74", FLAG, "#e69f01", "#56b4e8", "#8c8c01", MUTED)
CSS_NAMES = {
    INK: "ink",
    MUTED: "muted",
    GRID: "grid",
    PAPER: "paper",
    POINT: "ink",
    FAN: "fan",
    TARGET: "target",
}

TITLE_WIDTH = 34  # characters in a line of a panel's title
TITLE_LINES = 2
SUFFIXES = (".png", ".svg", ".pdf")

_SETTINGS: Any = {
    "text.parse_math": False,  # a name may hold dollar signs
    "axes.unicode_minus": False,
    "svg.fonttype": "none",  # text, not outlines: small, searchable, and shown by any reader
    "svg.hashsalt": "scalepredict",  # the same figure gives the same bytes
    "font.size": 8.0,
    "font.family": "sans-serif",
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.titlesize": 8.5,
    "axes.titlecolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.facecolor": "none",
    "figure.facecolor": PAPER,
    "grid.color": GRID,
    "grid.linewidth": 0.5,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 7.0,
    "ytick.labelsize": 7.0,
    "legend.frameon": False,
    "legend.fontsize": 7.0,
}


def need_matplotlib() -> None:
    """Say so before long work if nothing can be drawn.

    It logs where it would keep its cache if the home folder could be written; nobody asked.

    Raises:
        RefusedError: matplotlib is not installed.
    """
    import logging

    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    try:
        import matplotlib  # noqa: F401
    except ModuleNotFoundError as error:
        raise RefusedError(
            "plots need matplotlib; install it with: pip install 'scalepredict[plot]'."
        ) from error


@contextmanager
def house_style() -> Iterator[None]:
    """Draw inside this block; see ``need_matplotlib``."""
    import warnings

    need_matplotlib()
    import matplotlib as mpl

    with mpl.rc_context(_SETTINGS), warnings.catch_warnings():
        # A script that the font lacks is drawn as boxes; SVG leaves it to the reader's fonts.
        warnings.filterwarnings("ignore", message="Glyph")
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support")
        yield


@dataclass(frozen=True, slots=True)
class Spot:
    """A place of an SVG (points from its upper left corner) that has something to tell."""

    x: float
    y: float
    text: str


def spot(axis: Any, x: float, y: float, text: str) -> Spot:
    """Where values of an axis come to lie in the SVG of its figure."""
    left, up = axis.transData.transform((x, y)) * 72 / axis.figure.dpi
    return Spot(float(left), float(72 * axis.figure.get_figheight() - up), text)


def new_figure(width: float, height: float, *, fitted: bool = True) -> Any:
    """An empty figure (inches) that no global state knows of; ``fitted`` finds its margins."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained" if fitted else None)


def figure_bytes(figure: Any, suffix: str) -> bytes:
    """The figure as PNG, SVG or PDF; reruns give the same bytes."""
    metadata: dict[str, Any] = {
        ".png": {"Software": None},
        ".svg": {"Date": None, "Creator": None},
        ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    }[suffix]
    buffer = io.BytesIO()
    figure.savefig(buffer, format=suffix[1:], metadata=metadata, dpi=150)
    return buffer.getvalue()


def suffix_of(path: Path) -> str:
    """The kind of picture that a file name asks for.

    Raises:
        RefusedError: It is none that can be written.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise RefusedError(
            f"{path}: {path.suffix or 'no ending'!r} is no kind of picture; name it "
            f"{path.stem or 'plot'}.png, .svg or .pdf."
        )
    return suffix


def title_of(name: str, word: str = "", *, width: int = TITLE_WIDTH) -> str:
    """A name of at most two lines, cut in the middle if it is longer, and a word below it."""
    lines = textwrap.wrap(short_name(name, room=width * TITLE_LINES), width) or [""]
    return "\n".join([*lines, word] if word else lines)


def short_name(name: str, *, room: int = TITLE_WIDTH) -> str:
    """A name as a label, cut in the middle if it is longer."""
    text = clean(name)
    half = room // 2 - 1
    return text if len(text) <= room else f"{text[:half]}…{text[-half:]}"


def decades(
    axis: Any, low: float, high: float, *, label: Callable[[float], str] = "{:.0e}".format
) -> None:
    """Ticks of a logarithmic axis: whole decades as far as they do not touch, or between them."""
    places = round_numbers(low, high)
    places = places[:: max(1, math.ceil(len(places) / 5))]
    axis.set_xticks(places, [label(place).replace("e+", "e") for place in places])
    axis.minorticks_off()


def round_numbers(low: float, high: float) -> list[float]:
    """Powers of ten from low to high; if they are less than two, numbers between them as well."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    found: list[float] = []
    for digits in ((1,), (1, 3), (1, 2, 5)):
        found = [d * 10.0**p for p in powers for d in digits if low <= d * 10.0**p <= high]
        if len(found) > 1:
            break
    return found


def shown_times(unit: Unit) -> float:
    """What values are multiplied by on an axis: fractions are shown in percent."""
    return 100.0 if unit.measure is None else 1.0


def axis_name(unit: Unit) -> str:
    """What stands beside the axis of a benchmark."""
    return "score (%)" if unit.measure is None else unit.measure.unit


def name_axes(axes: Iterable[Any], units: Sequence[Unit], *, across: int) -> None:
    """Names beside the panels of a grid ``across`` wide: the left ones, or all if units differ."""
    names = [axis_name(unit) for unit in units]
    for i, (axis, name) in enumerate(zip(axes, names, strict=False)):
        if i % across == 0 or len(set(names)) > 1:
            axis.set_ylabel(name)


def value_limits(axis: Any, unit: Unit, shown: Floats) -> None:
    """Limits of an axis of a benchmark that show all of it."""
    if unit.measure is None:
        score_limits(axis, shown)
        return
    bottom, top = float(np.nanmin(shown)), float(np.nanmax(shown))
    margin = 0.06 * (top - bottom) or 0.01 * abs(top) or 1.0
    axis.set_ylim(bottom - margin, top + margin)


def score_limits(axis: Any, percents: Floats) -> None:
    """Limits of an axis of scores that show all of them, and hardly anything outside 0 to 100."""
    bottom, top = float(np.nanmin(percents)), float(np.nanmax(percents))
    margin = max(0.06 * (top - bottom), 0.5)
    lowest, highest = max(bottom - margin, 0.0), min(top + margin, 100.0)
    edge = 0.03 * (highest - lowest)  # room for a mark at the very end
    axis.set_ylim(min(lowest, bottom - edge), max(highest, top + edge))
