"""A line of equal cost for programs."""

from collections.abc import Sequence

import numpy as np

from scalepredict.cli.schemas.isocost_schema import IsocostDocument
from scalepredict.cli.views.own_units import unit_of
from scalepredict.cli.views.render import Cell
from scalepredict.evaluation.intervals.levels import CLAIM
from scalepredict.evaluation.planning.isocost import Isocost


def isocost_document(line: Isocost, notes: Sequence[str]) -> IsocostDocument:
    """Every size of the line with its forecasts, and what follows."""
    units, targets = line.forecast.units, line.forecast.targets
    low, high = line.forecast.interval(CLAIM)
    flat = np.flatnonzero(line.flat)
    return {
        "schema": "scalepredict.isocost/1",
        "cost": line.cost,
        "served": line.served,
        "unit": unit_of(units[line.columns[0]]),
        "noise": line.noise,
        "best": float(targets.params[line.best]),
        "flat": [float(targets.params[flat[0]]), float(targets.params[flat[-1]])],
        "cheapest": float(targets.params[line.cheapest]),
        "sizes": [
            {
                "params": float(targets.params[k]),
                "tokens": float(targets.tokens[k]),
                "flops": float(targets.flops[k]),
                "mean": float(line.mean[k]),
                "flat": line.flat[k],
                "tested": line.tested[k],
                "benchmarks": [
                    {
                        "benchmark": units[i].shown,
                        "forecast": float(line.forecast.point[k, i]),
                        "interval": [float(low[k, i]), float(high[k, i])],
                    }
                    for i in line.columns
                ],
            }
            for k in range(len(targets))
        ],
        "notes": list(notes),
    }


def isocost_rows(line: Isocost) -> list[dict[str, Cell]]:
    """One row for each size and benchmark; fractions and counts."""
    units, targets = line.forecast.units, line.forecast.targets
    low, high = line.forecast.interval(CLAIM)
    return [
        {
            "params": float(targets.params[k]),
            "tokens": float(targets.tokens[k]),
            "flops": float(targets.flops[k]),
            "benchmark": units[i].shown,
            "forecast": float(line.forecast.point[k, i]),
            "low": float(low[k, i]),
            "high": float(high[k, i]),
            "mean": float(line.mean[k]),
            "flat": line.flat[k],
            "tested": line.tested[k],
        }
        for k in range(len(targets))
        for i in line.columns
    ]
