"""How is a method fitted to a file of several families? Family by family, or once over all.

The result holds the evidence beside each law, so that a stored fit can be forecast from, shown
and checked without the records it came from.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.predictors.interface import Law, Predictor, named_streams
from scalepredict.predictors.metric_laws import fit_law
from scalepredict.predictors.numerics.blas_threads import one_blas_thread
from scalepredict.predictors.numerics.workers import each
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


def fit_families(
    table: EvalTable,
    predictor: Predictor,
    *,
    anchors: EvalTable | None = None,
    jobs: int = 1,
    rng: np.random.Generator,
) -> Fit:
    """Fit a method to every family of a table, in one thread of linear algebra.

    Args:
        table: The evidence.
        predictor: The method.
        anchors: Strong models of other families (role ``anchor``), which methods that read tasks
            are given below the rows of each family.
        jobs: Processes to fit families in; the result does not depend on it.
        rng: Split into one stream for each family.

    Raises:
        RefusedError: No family has enough evidence; the sentence says why for each.
    """
    with one_blas_thread():
        return _fitted(table, predictor, anchors, jobs, rng)


def _fitted(
    table: EvalTable,
    predictor: Predictor,
    anchors: EvalTable | None,
    jobs: int,
    rng: np.random.Generator,
) -> Fit:
    benchmarks = to_benchmarks(table)
    read = table if predictor.reads_tasks else benchmarks
    if predictor.pools_families:
        pooled = fit_law(predictor, read, rng=rng)
        group = FittedGroup(families=table.families, evidence=benchmarks, law=pooled)
        return Fit(predictor=predictor, groups=(group,), refused={})
    by_name = named_streams(table.families, rng)
    streams = [by_name[family] for family in table.families]
    evidence = [read.of_family(family) for family in table.families]
    if anchors is not None and predictor.reads_tasks:
        evidence = [rows.with_rows(anchors) for rows in evidence]
    groups: list[FittedGroup] = []
    refused: dict[str, str] = {}
    laws = _fit_each(predictor, evidence, streams, jobs)
    for family, law in zip(table.families, laws, strict=True):
        if isinstance(law, RefusedError):
            refused[family] = str(law)
        else:
            seen = benchmarks.of_family(family)
            groups.append(FittedGroup(families=(family,), evidence=seen, law=law))
    if not groups:
        raise RefusedError("\n".join(refused.values()) or "the table has no checkpoints to fit.")
    return Fit(predictor=predictor, groups=tuple(groups), refused=refused)


def _fit_each(
    predictor: Predictor,
    evidence: list[EvalTable],
    streams: list[np.random.Generator],
    jobs: int,
) -> list[Law | RefusedError]:
    work = [(predictor, *one) for one in zip(evidence, streams, strict=True)]
    return list(each(_attempt, work, shared=(predictor,), jobs=jobs if len(work) > 1 else 1))


def _attempt(
    predictor: Predictor, table: EvalTable, rng: np.random.Generator
) -> Law | RefusedError:
    try:
        return fit_law(predictor, table, rng=rng)
    except RefusedError as reason:
        return reason
