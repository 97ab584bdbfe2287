"""How is a method fitted to a file of several families? Family by family, or once over all.

The result holds the evidence beside each law, so that a stored fit can be forecast from, shown
and checked without the records it came from.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.predictors.interface import Law, Predictor
from scalepredict.records.aggregate import to_benchmarks
from scalepredict.records.table import EvalTable


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedGroup:
    """One law and the evidence behind it.

    Attributes:
        families: The families that the law was fitted to; one, unless the method pools them.
        evidence: Benchmark scores that the law has seen (tasks and questions aggregated).
        law: The fitted result.
    """

    families: tuple[str, ...]
    evidence: EvalTable
    law: Law


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fit:
    """All laws of one file.

    Attributes:
        predictor: The method and its hyper-parameters.
        groups: The laws, one for each family or one for all.
        refused: Why a family has no law, by family.
    """

    predictor: Predictor
    groups: tuple[FittedGroup, ...]
    refused: Mapping[str, str]


def fit_families(table: EvalTable, predictor: Predictor, *, rng: np.random.Generator) -> Fit:
    """Fit a method to every family of a table.

    Raises:
        RefusedError: No family has enough evidence; the sentence says why for each.
    """
    benchmarks = to_benchmarks(table)
    read = table if predictor.reads_tasks else benchmarks
    if predictor.pools_families:
        law = predictor.fit(read, rng=rng)
        group = FittedGroup(families=table.families, evidence=benchmarks, law=law)
        return Fit(predictor=predictor, groups=(group,), refused={})
    groups: list[FittedGroup] = []
    refused: dict[str, str] = {}
    for family, stream in zip(table.families, rng.spawn(len(table.families)), strict=True):
        try:
            law = predictor.fit(read.of_family(family), rng=stream)
        except RefusedError as reason:
            refused[family] = str(reason)
        else:
            evidence = benchmarks.of_family(family)
            groups.append(FittedGroup(families=(family,), evidence=evidence, law=law))
    if not groups:
        raise RefusedError("\n".join(refused.values()) or "the table has no checkpoints to fit.")
    return Fit(predictor=predictor, groups=tuple(groups), refused=refused)
