"""What does a capability space show of itself? How benchmarks follow it, and what models can do."""

from collections.abc import Sequence

import numpy as np

from scalepredict.predictors.law_tables import Kind, LawTable
from scalepredict.predictors.observational.capability_link import Links
from scalepredict.records.table import Floats, Unit


def links_table(units: Sequence[Unit], links: Links, used: int) -> LawTable:
    """How well capabilities explain each benchmark, and how many of them its forecasts read.

    Args:
        units: The benchmarks that have a link.
        links: Their curves.
        used: Components that some forecast reads.
    """
    variants = range(used - links.share.shape[1] + 1, used + 1)
    return LawTable(
        name="links",
        title="benchmarks: share of their variance over models that the capabilities explain; "
        "weight of forecasts with 1, 2, ... components",
        header=("benchmark", "explained", *(f"with {k}" for k in variants)),
        kinds=(Kind.TEXT, Kind.SCORE, *[Kind.SCORE] * len(variants)),
        rows=tuple(
            (unit.shown, float(explained), *map(float, share))
            for unit, explained, share in zip(units, links.explained, links.share, strict=True)
        ),
    )


def models_table(
    models: Sequence[tuple[str, str]],
    flops: Floats,
    equivalent: Floats,
    capabilities: Floats,
    *,
    reference: str | None,
) -> LawTable:
    """How capable each model is, and for how much compute.

    Args:
        models: Name and family of M models.
        flops: Their training compute, NaN = unknown. Shape (M,).
        equivalent: Compute that the reference family would need to be as capable. Shape (M,).
        capabilities: In standard deviations of the first component. Shape (M, K).
        reference: That family; None if no compute is known.
    """
    numbered = [f"{i + 1}" for i in range(capabilities.shape[1])]
    rows = zip(models, flops, equivalent, capabilities, strict=True)
    return LawTable(
        name="models",
        title=f"models: FLOPs that {reference or 'a reference family'} would need to be as "
        "capable, density (that over the FLOPs spent), and capabilities by component",
        header=("model", "family", "FLOPs", "equivalent", "density", *numbered),
        kinds=(*[Kind.TEXT] * 2, *[Kind.COUNT] * 2, *[Kind.NUMBER] * (1 + len(numbered))),
        rows=tuple(
            (*model, float(spent), float(worth), float(worth / spent), *map(float, of_model))
            for model, spent, worth, of_model in rows
        ),
    )


def reference_family(families: Sequence[str], flops: Floats) -> str | None:
    """The family with most models of known compute; None if there is none."""
    known = [f for f, c in zip(families, flops, strict=True) if np.isfinite(c)]
    return max(sorted(set(known)), key=known.count) if known else None
