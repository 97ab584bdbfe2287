"""Records in long form become one table; what was derived or left out is counted."""

from pathlib import Path

import numpy as np
import pytest

from scalepredict.errors import RecordError
from scalepredict.records.reading.read import read_records

HEADER = "model,family,params,tokens,benchmark,task,metric,score,n_items\n"


def write(folder: Path, text: str, name: str = "records.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_suffixes_flops_and_chance_are_understood(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + "a,f,70M,1.5B,arc_easy,,acc,0.31,\n")
    reading = read_records([path])
    (checkpoint,), (unit,) = reading.table.checkpoints, reading.table.units
    assert (checkpoint.params, checkpoint.tokens, checkpoint.flops) == (70e6, 1.5e9, 6.3e17)
    assert (unit.chance, unit.chance_assumed) == (0.25, False)
    assert reading.table.n_items[0, 0] == 2376
    assert reading.report.n_flops_derived == 1
    assert reading.report.chance_from_metadata == ("arc_easy",)


def test_rows_of_one_checkpoint_meet_in_one_row_of_the_table(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        HEADER + "a,f,1B,2B,x,,acc,0.3,\n" + "a,f,1B,20B,x,,acc,0.4,\n" + "a,f,1B,2B,y,,acc,0.5,\n",
    )
    table = read_records([path]).table
    np.testing.assert_array_equal(table.scores, [[0.3, 0.5], [0.4, np.nan]])


def test_exact_repeats_are_merged_and_counted(tmp_path: Path) -> None:
    row = "a,f,1B,2B,x,,acc,0.3,100\n"
    report = read_records([write(tmp_path, HEADER + row + row)]).report
    assert (report.n_rows, report.n_merged) == (2, 1)


def test_contradicting_rows_are_refused_with_both_places(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + "a,f,1B,2B,x,,acc,0.3,\na,f,1B,2B,x,,acc,0.31,\n")
    with pytest.raises(RecordError, match=r"line 3: score 0.31 contradicts score 0.3 at .*line 2"):
        read_records([path])


def test_one_number_in_two_forms_is_no_contradiction(tmp_path: Path) -> None:
    """1.14576 in units of 1e21 is not the float nearest to 1.14576e21."""
    wide, long = tmp_path / "wide.csv", tmp_path / "long.csv"
    wide.write_text("model,params,FLOPs (1E21),piqa\na,1B,1.14576,0.6\n")
    long.write_text("model,params,flops,benchmark,score\na,1B,1.14576e21,arc,0.5\n")
    assert len(read_records([wide, long]).table.checkpoints) == 1
    wide.write_text("model,params,tokens,flops,piqa\na,1B,191B,1.14576e21,0.6\n")
    header = "model,params,tokens,flops,benchmark,score\n"
    long.write_text(header + "a,1B,191B,1.1457600000000002e21,arc,0.5\n")
    assert len(read_records([wide, long]).table.checkpoints) == 1
    long.write_text(header + "a,1B,191B,1.1458e21,arc,0.5\n")
    with pytest.raises(RecordError, match="contradicts"):
        read_records([wide, long])


def test_headers_of_the_published_tables_of_families_are_read_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "families.csv"
    path.write_text(
        'Model,Family,#Params (B),#Token (T),FLOPs (1E21),"gsm8k_cot,strict-match",IFEval\n'
        "a-7b,A,7,2,84,0.31,0.4\n"
        "a-13b,A,13,2,,,0.45\n"
    )
    table = read_records([path]).table
    assert [unit.benchmark for unit in table.units] == ["gsm8k_cot,strict-match", "IFEval"]
    assert table.params.tolist() == [7e9, 13e9]
    assert table.tokens.tolist() == [2e12, 2e12]
    assert table.flops.tolist() == [8.4e22, 6 * 13e9 * 2e12]
    assert np.isnan(table.scores[1, 0])
