"""Which metric does the name of a column tell?"""

from pathlib import Path

import numpy as np
import pytest

from scalepredict.records.reading.read import Reading, read_records


def table(tmp_path: Path, *columns: str, rising: bool = False, scale: float = 1.0) -> Reading:
    """Five models, of which each larger one has a lower (or higher) value in each column."""
    path = tmp_path / "records.csv"
    lines = [",".join(("model", "params", "tokens", *columns))]
    for i in range(1, 6):
        value = scale * (i if rising else 6 - i) / 10
        lines.append(f"m{i},{i}00000000,{i}0000000000" + f",{value:g}" * len(columns))
    path.write_text("\n".join(lines), encoding="utf-8")
    return read_records([path])


@pytest.mark.parametrize(
    ("column", "benchmark", "metric"),
    [
        ("wikitext_ppl", "wikitext", "ppl"),
        ("c4/bits_per_byte", "c4", "bits_per_byte"),
        ("brier_score", "brier_score", "brier_score"),
        ("pile_loss", "pile", "loss"),
        ("librispeech_wer", "librispeech", "wer"),
    ],
)
def test_a_column_whose_name_ends_in_a_metric_is_of_that_metric(
    tmp_path: Path, column: str, benchmark: str, metric: str
) -> None:
    reading = table(tmp_path, column, scale=100.0 if metric == "ppl" else 2.5)
    (unit,) = [u for u in reading.table.units if u.metric]
    assert (unit.benchmark, unit.task, unit.metric) == (benchmark, "", metric)
    assert unit.measure is not None
    assert unit.measure.direction == "lower"


def test_a_correlation_by_name_may_be_below_zero(tmp_path: Path) -> None:
    table(tmp_path, "cola_mcc", rising=True)
    path = tmp_path / "records.csv"
    path.write_text(path.read_text().replace(",0.1\n", ",-0.1\n"), encoding="utf-8")
    reading = read_records([path])
    assert reading.table.scores[:, 0].tolist() == [-0.1, 0.2, 0.3, 0.4, 0.5]
    assert reading.table.units[0].chance == 0.0


def test_the_loss_of_a_benchmark_with_scores_is_its_covariate(tmp_path: Path) -> None:
    reading = table(tmp_path, "quiz", "quiz_loss")
    assert len(reading.table.units) == 1
    assert np.allclose(reading.table.task_loss[:, 0], [0.5, 0.4, 0.3, 0.2, 0.1])


@pytest.mark.parametrize("column", ["mmlu_ce", "arc_easy", "lossless", "winogrande_acc", "map"])
def test_other_names_are_benchmarks(tmp_path: Path, column: str) -> None:
    (unit,) = table(tmp_path, column).table.units
    assert (unit.benchmark, unit.measure) == (column, None)
