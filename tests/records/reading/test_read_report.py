"""What a reader did is told by code, with counts, and nothing that did not happen is."""

from scalepredict.records.formats.rows import Odd
from scalepredict.records.notes import noted
from scalepredict.records.reading.read_report import ReadReport


def test_nothing_happened_and_nothing_is_said() -> None:
    assert ReadReport().notes() == ()
    assert ReadReport(files=(("r.csv", 5),), n_rows=5).notes() == ()


def test_each_count_has_its_note() -> None:
    report = ReadReport(
        n_merged=1,
        n_empty=2,
        n_filtered=3,
        n_flops_derived=4,
        n_without_compute=5,
        seeds=("a", "b"),
        odd=Odd(missing=6, commas=7, uncertain=8),
        chance_assumed=("own",),
        near_names=(("own", "owned"),),
    )
    told = {note.code: note.text for note in report.notes()}
    assert told["rows-merged"].startswith("1 row repeats another row exactly")
    assert told["rows-empty"].startswith("2 rows have neither score")
    assert told["rows-of-other-settings"].startswith("3 rows of other metrics")
    assert told["flops-derived"].startswith("FLOPs of 4 checkpoints computed as 6 x params x")
    assert told["no-compute"].startswith("5 checkpoints have no FLOPs")
    assert told["several-seeds"].startswith("2 models have several seeds")
    assert told["cells-missing"].startswith("6 cells like")
    assert told["cells-with-commas"].startswith("7 cells with a comma")
    assert told["errors-read"].startswith("8 numbers after")
    assert "assumed 0: own;" in told["chance-assumed"]
    assert told["chance-assumed"].endswith("Near a shipped name: own (owned).")
    assert len(told) == 10


def test_notes_of_files_come_first_in_the_order_of_reading() -> None:
    first, second = noted("files-read", "read 1 file."), noted("header-found", "line 2.")
    report = ReadReport(imported=(first,), remarks=(second,), n_merged=1)
    assert report.notes()[:2] == (first, second)


def test_a_column_that_was_left_out_may_be_a_slip_or_the_size_that_lacks() -> None:
    slips = ReadReport(ignored_columns=("scroe", "weather", "x_score")).doubts()
    assert [note.code for note in slips] == ["column-resembles"]
    assert "'scroe' is left out. Correct it if 'score' is meant" in slips[0].text
    columns = ("effective_params", "x_tokens")
    assert ReadReport(ignored_columns=columns).doubts() == ()
    (lacking,) = ReadReport(ignored_columns=columns, n_without_compute=1).doubts()
    assert (lacking.code, "Name it 'params'" in lacking.text) == ("column-of-sizes", True)


def test_what_was_taken_from_the_shipped_metadata_is_said_by_name() -> None:
    report = ReadReport(chance_from_metadata=("arc", "piqa"), n_items_from_metadata=("arc",))
    told = {note.code: note.text for note in report.notes()}
    assert told == {
        "chance-shipped": "chance level of 2 benchmarks from the shipped metadata: arc, piqa.",
        "items-shipped": "item count of 1 benchmark from the shipped metadata: arc.",
    }
