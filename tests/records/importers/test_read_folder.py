"""Results of harnesses are read wherever records are."""

from pathlib import Path

from scalepredict.records.formats.record_file import write_records
from scalepredict.records.importers.collect import collect
from scalepredict.records.importers.sidecar import read_ladder
from scalepredict.records.importers.to_rows import as_rows, frame_of
from scalepredict.records.reading.read import read_records

FIXTURE = Path(__file__).parent / "harness/fixtures/lm_eval_0_4_13"


def test_a_folder_of_results_gives_the_same_table_as_its_import(tmp_path: Path) -> None:
    path = tmp_path / "ladder.yaml"
    path.write_text("defaults: {tokens_per_step: 2M}\nmodels:\n- {match: '*', tokens_from: step}\n")
    ladder = read_ladder(path)
    records = tmp_path / "records.csv"
    write_records(records, frame_of(as_rows(collect([FIXTURE], ladder=ladder))))
    direct, imported = read_records([FIXTURE], ladder=ladder), read_records([records])
    assert direct.table.units == imported.table.units
    assert direct.table.scores.tolist() == imported.table.scores.tolist()
    assert [c.tokens for c in direct.table.checkpoints] == [2e9] * 4
    assert "read 4 files (4 lm-eval)" in str(direct.report.notes()[0])


def test_the_metric_that_is_asked_for_is_taken_from_results_too() -> None:
    table = read_records([FIXTURE], metrics=["acc"]).table
    assert {unit.metric for unit in table.units} == {"acc"}
