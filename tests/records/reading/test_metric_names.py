"""A name may tell a metric that is no score; known benchmarks and stated metrics go before it."""

import numpy as np
import pandas as pd

from scalepredict.records.benchmarks import shipped_metadata
from scalepredict.records.formats.rows import Rows
from scalepredict.records.reading.metric_names import metrics_told


def rows(*cells: tuple[str, str | None, str | None]) -> Rows:
    """Benchmark, task and metric of each row."""
    benchmarks, tasks, metrics = zip(*cells, strict=True)
    return Rows(
        sources=("r.csv",),
        word=("line",),
        source=np.zeros(len(cells), dtype=np.int32),
        lines=np.arange(2, 2 + len(cells), dtype=np.int32),
        texts={
            "benchmark": pd.Categorical(benchmarks),
            "task": pd.Categorical(tasks),
            "metric": pd.Categorical(metrics),
        },
        numbers={"score": np.full(len(cells), 0.5)},
    )


def names(made: Rows, column: str) -> list[str]:
    categories = [*map(str, made.text(column).categories), ""]
    return [categories[code] for code in made.text(column).codes]


def test_an_ending_is_taken_off_a_benchmark_and_becomes_its_metric() -> None:
    made = metrics_told(
        rows(("c4_bpb", None, None), ("c4_bpb", None, "acc"), ("piqa", None, None)),
        shipped_metadata(),
    )
    assert names(made, "benchmark") == ["c4", "c4_bpb", "piqa"]
    assert names(made, "metric") == ["bpb", "acc", ""]


def test_a_task_that_is_nothing_but_a_metric_is_no_task() -> None:
    made = metrics_told(rows(("c4", "bpb", None), ("c4", "q1", None)), shipped_metadata())
    assert names(made, "task") == ["", "q1"]
    assert names(made, "metric") == ["bpb", ""]
    assert names(made, "benchmark") == ["c4", "c4"]


def test_rows_that_tell_nothing_are_left_as_they_are() -> None:
    for plain in (rows(("piqa", None, "acc")), rows(("piqa", "q1", None))):
        assert metrics_told(plain, shipped_metadata()) is plain
