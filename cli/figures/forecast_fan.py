"""Do the points follow, and how wide is the fan at the target? One panel for each benchmark."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scalepredict.cli.figures.style import (
    FAN,
    GRID,
    INK,
    MUTED,
    POINT,
    TARGET,
    Spot,
    decades,
    name_axes,
    new_figure,
    round_numbers,
    shown_times,
    spot,
    title_of,
    value_limits,
)
from scalepredict.cli.views.own_units import unit_of, value
from scalepredict.evaluation.classes.classes import Kind
from scalepredict.evaluation.forecast.path import Path, standard_errors
from scalepredict.evaluation.intervals.levels import Levels, percent_key
from scalepredict.records.table import Floats, Unit
from scalepredict.records.text.counts import format_count

_SHADES = (0.14, 0.16, 0.22)  # of the widest, a middle and the narrowest interval
_STACKED = (0.2, 0.38, 0.6)  # the same as they look on top of each other
_MOST_COLUMNS = 4
_WORDS = {Kind.AT_CHANCE: "at chance: not yet measurable"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One benchmark (column of the forecast) on the way to one target, with these intervals."""

    path: Path
    column: int
    levels: Levels


def forecast_figure(panels: Sequence[Panel], *, title: str = "") -> Any:
    """A grid of small multiples, or one large panel, with a legend."""
    columns = min(_MOST_COLUMNS, len(panels))
    rows = math.ceil(len(panels) / columns)
    single = len(panels) == 1
    figure = new_figure(*((5.6, 3.8) if single else (2.75 * columns, 2.25 * rows + 0.5)))
    axes = figure.subplots(rows, columns, squeeze=False)
    for i, axis in enumerate(axes.flat):
        if i >= len(panels):
            axis.set_visible(False)
            continue
        _draw(axis, panels[i])
        _params_axis(axis, panels[i].path, labelled=single, shown=single or i < columns)
        if single or i + columns >= len(panels):
            axis.set_xlabel("training FLOPs")
    name_axes(axes.flat, [_unit(panel) for panel in panels], across=columns)
    guessed = any(_unit(panel).measure is None for panel in panels)
    _legend(figure, panels[0].levels, public=panels[0].path.public is not None, chance=guessed)
    figure.align_ylabels()
    if title:
        figure.suptitle(title_of(title), fontsize=9)
    return figure


def _unit(panel: Panel) -> Unit:
    return panel.path.ahead.forecast.units[panel.column]


def small_figure(panel: Panel) -> tuple[Any, list[Spot]]:
    """One benchmark by itself, for a page that has title and legend elsewhere.

    With it what a page tells of each score and of the target; each fan has an id of its level.
    """
    # Fixed margins: finding the best ones takes longer than drawing.
    figure = new_figure(3.1, 2.2, fitted=False)
    axis = figure.add_axes((0.12, 0.11, 0.86, 0.77))
    _draw(axis, panel, named=True)
    axis.set_title("", loc="left")
    _params_marks(axis, panel.path)
    return figure, list(_spots(axis, panel))


def _spots(axis: Any, panel: Panel) -> Iterator[Spot]:
    ahead, column = panel.path.ahead, panel.column
    evidence, forecast = ahead.evidence, ahead.forecast
    unit, times = unit_of(_unit(panel)), shown_times(_unit(panel))
    scores = evidence.scores[:, column].tolist()
    for checkpoint, flops, score in zip(
        evidence.checkpoints, evidence.flops.tolist(), scores, strict=True
    ):
        if np.isfinite(score):
            text = f"{checkpoint.model}: {value(score, unit)} at {format_count(flops)} FLOPs"
            yield spot(axis, flops, times * score, text)
    flops, point = float(forecast.targets.flops[-1]), float(forecast.point[-1, column])
    if np.isfinite(point):
        level = panel.levels.shown[-1]
        low, high = (float(end[-1, column]) for end in forecast.interval(level))
        size = format_count(float(forecast.targets.params[-1]))
        text = f"{percent_key(level)} %: {value(low, unit)} to {value(high, unit)}"
        if ahead.classes.kinds[column] is not Kind.AT_CHANCE:
            text = f"forecast {value(point, unit)}, {text}"
        yield spot(axis, flops, times * point, f"{size} params: {text}")


def _draw(axis: Any, panel: Panel, *, named: bool = False) -> None:
    ahead, column = panel.path.ahead, panel.column
    evidence, forecast = ahead.evidence, ahead.forecast
    flops = forecast.targets.flops
    unit, kind = forecast.units[column], ahead.classes.kinds[column]
    times = shown_times(unit)
    axis.set_xscale("log")
    axis.grid(axis="y")
    axis.set_axisbelow(True)
    if unit.measure is None:
        axis.axhline(times * unit.chance, color=MUTED, linewidth=0.7, linestyle=(0, (1, 2)))
    beyond = slice(panel.path.inside, None)
    if panel.path.public is not None:  # two of three public families, in grey
        low, high = panel.path.public
        axis.fill_between(
            flops, times * low[:, column], times * high[:, column],
            color=MUTED, alpha=0.15, linewidth=0,
        )  # fmt: skip
    if np.isfinite(forecast.point[:, column]).all():
        for level, shade in _shaded(panel.levels, _SHADES):
            low, high = forecast.interval(level)
            axis.fill_between(
                flops[beyond],
                times * low[beyond, column],
                times * high[beyond, column],
                color=FAN,
                alpha=shade,
                linewidth=0,
                gid=f"fan-{percent_key(level)}" if named else None,
            )
        if kind is not Kind.AT_CHANCE:  # no confident curve for what is not yet measurable
            axis.plot(flops, times * forecast.point[:, column], color=FAN, linewidth=1.2)
            axis.plot(
                flops[-1:], times * forecast.point[-1:, column], "D", color=TARGET, markersize=4
            )
    axis.axvline(flops[-1], color=TARGET, linewidth=0.7, linestyle=(0, (4, 2)))
    axis.errorbar(
        evidence.flops,
        times * evidence.scores[:, column],
        yerr=times * standard_errors(evidence)[:, column],
        fmt="o",
        color=POINT,
        markersize=2.6,
        elinewidth=0.7,
        zorder=3,
    )
    _limits(axis, panel)
    axis.set_title(title_of(unit.shown, _WORDS.get(kind, kind.label)), loc="left")


def _limits(axis: Any, panel: Panel) -> None:
    forecast, column = panel.path.ahead.forecast, panel.column
    low, high = forecast.interval(panel.levels.shown[-1])
    evidence = panel.path.ahead.evidence
    y, error = evidence.scores[:, column], standard_errors(evidence)[:, column]
    unit = forecast.units[column]
    level = [unit.chance] if unit.measure is None else []
    beyond = slice(panel.path.inside, None)
    fan = [low[beyond, column], high[beyond, column]]
    if panel.path.ahead.classes.kinds[column] is not Kind.AT_CHANCE:
        fan.append(forecast.point[:, column])  # the curve is drawn
    shown = np.concatenate([y - error, y + error, level, *fan])
    value_limits(axis, unit, shown_times(unit) * shown)
    flops = forecast.targets.flops
    axis.set_xlim(flops.min() / 1.6, flops.max() * 1.6)
    decades(axis, flops.min() / 1.6, flops.max() * 1.6)


def _params_axis(axis: Any, path: Path, *, labelled: bool, shown: bool) -> None:
    if not shown:
        return
    targets = path.ahead.targets
    top = axis.secondary_xaxis("top")
    places, labels = _params_ticks(targets.params, targets.flops)
    top.set_xticks(places, labels)
    top.minorticks_off()
    top.spines["top"].set_color(GRID)
    if labelled:
        top.set_xlabel("parameters")


def _params_marks(axis: Any, path: Path) -> None:
    # The look of the axis above, in a quarter of its time.
    places, labels = _params_ticks(path.ahead.targets.params, path.ahead.targets.flops)
    along = axis.get_xaxis_transform()
    axis.spines["top"].set(visible=True, color=GRID)
    axis.plot(
        places, [1.0] * len(places), linestyle="", marker=2, color=MUTED, markersize=3,
        markeredgewidth=0.6, clip_on=False, transform=along,
    )  # fmt: skip
    for place, label in zip(places, labels, strict=True):
        axis.text(
            place, 1.04, label, transform=along, ha="center", va="bottom", fontsize=7, color=MUTED
        )


def _params_ticks(params: Floats, flops: Floats) -> tuple[list[float], list[str]]:
    # Round sizes and the target's own, as far apart as their labels are wide.
    start, end = math.log(flops[0]), math.log(flops[-1])
    places, labels = [float(flops[-1])], [format_count(float(params[-1]), digits=3)]
    if (np.diff(params) >= 0).all() and params[-1] > params[0]:
        for size in round_numbers(params[0] / 1.1, params[-1])[::-1]:
            place = float(np.interp(math.log(size), np.log(params), np.log(flops)))
            if math.log(places[-1]) - place > 0.17 * (end - start):
                places.append(math.exp(place))
                labels.append(format_count(size, digits=2))
    return places, labels


def _shaded(levels: Levels, shades: Sequence[float]) -> Iterator[tuple[float, float]]:
    # From the widest to the narrowest.
    outer_first = levels.shown[::-1]
    places = np.linspace(0, 1, len(outer_first)) if len(outer_first) > 1 else np.ones(1)
    alphas = np.interp(places, np.linspace(0, 1, len(shades)), shades)
    return zip(outer_first, alphas.tolist(), strict=True)


def _legend(figure: Any, levels: Levels, *, public: bool, chance: bool) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    lines = [
        Line2D([], [], color=POINT, marker="o", markersize=3, linestyle="", label="measured"),
        Line2D([], [], color=FAN, linewidth=1.2, label="fit and forecast"),
        Line2D([], [], color=TARGET, marker="D", markersize=4, linestyle="", label="target"),
    ]
    if chance:
        lines.append(
            Line2D([], [], color=MUTED, linestyle=(0, (1, 2)), linewidth=0.7, label="chance")
        )
    families = Patch(color=MUTED, alpha=0.15, linewidth=0, label="2 of 3 public families")
    figure.legend(
        handles=[*lines, *([families] if public else []), *fan_key(levels)],
        loc="outside lower center",
        ncols=4 if len(figure.axes) < 3 else 8,
        labelcolor=INK,
        fontsize=7,
    )


def fan_key(levels: Levels) -> list[Any]:
    """What each shade of a fan is, for a legend."""
    from matplotlib.patches import Patch

    return [
        Patch(color=FAN, alpha=alpha, linewidth=0, label=f"{percent_key(level)} % interval")
        for level, alpha in _shaded(levels, _STACKED)
    ]
