"""Which metric does the name of a column tell? ``wikitext_ppl`` is no score, whatever its values.

Only rows without a metric are looked at, and names of benchmarks that are known are none of these.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from scalepredict.records.benchmarks import BenchmarkMetadata
from scalepredict.records.formats.rows import Codes, Rows, Texts
from scalepredict.records.table import Bools

_Told = Mapping[str, tuple[str, str]]  # what is left of the name, and the metric


def metrics_told(rows: Rows, known: BenchmarkMetadata) -> Rows:
    """The rows with the metrics that names tell, of benchmarks (``c4_loss``) or tasks (``bpb``)."""
    bare: Bools = rows.text("metric").codes < 0
    if not bare.any():
        return rows
    of_benchmark = {
        name: found
        for name in map(str, rows.text("benchmark").categories)
        if known.find(name) is None and (found := _told(name, known)) is not None
    }
    of_task = {
        name: ("", ending[1].name)
        for name in map(str, rows.text("task").categories)
        if (ending := known.metrics.ending(name)) is not None and ending[0] == name
    }
    return _renamed(_renamed(rows, "benchmark", of_benchmark, bare), "task", of_task, bare)


def _told(name: str, known: BenchmarkMetadata) -> tuple[str, str] | None:
    ending = known.metrics.ending(name)
    if ending is not None:
        return ending[0], ending[1].name
    metric = known.metrics.find(name)
    return (name, name) if metric.kind == "correlation" or metric.percent else None


def _renamed(rows: Rows, column: str, told: _Told, bare: Bools) -> Rows:
    if not told:
        return rows
    names, metrics = rows.text(column), rows.text("metric")
    texts = [*map(str, names.categories), ""]  # the last one serves code -1
    chosen = bare & np.isin(names.codes, [i for i, text in enumerate(texts) if text in told])
    if not chosen.any():
        return rows
    kept = [told.get(text, (text, ""))[0] for text in texts]
    shown = [told.get(text, ("", ""))[1] for text in texts]
    stated = [*map(str, metrics.categories), ""]
    return rows.with_texts(
        {
            column: _choose(texts, kept, names.codes, chosen, names.codes),
            "metric": _choose(stated, shown, metrics.codes, chosen, names.codes),
        }
    )


def _choose(
    plain: Sequence[str], other: Sequence[str], code: Codes, chosen: Bools, at: Codes
) -> Texts:
    kinds = [name for name in dict.fromkeys((*plain, *other)) if name]
    place = {name: i for i, name in enumerate(kinds)} | {"": -1}
    first = np.array([place[name] for name in plain])[code]
    second = np.array([place[name] for name in other])[at]
    codes = np.where(chosen, second, first)
    column: Texts = pd.Categorical.from_codes(codes, categories=pd.Index(kinds, dtype=str))
    return column
