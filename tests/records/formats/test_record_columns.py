"""The columns of a record: what each is about, and that none is forgotten anywhere."""

from dataclasses import fields
from pathlib import Path

from scalepredict.records.formats.record_columns import (
    COLUMN,
    COLUMNS,
    COUNTS,
    NUMBERS,
    SIZES,
    TEXTS,
    names_of,
)
from scalepredict.records.table import Checkpoint, EvalTable, Unit

RECORDS_PAGE = Path(__file__).resolve().parents[3] / "docs" / "records.md"


def test_every_number_but_a_score_and_a_seed_has_limits() -> None:
    assert {name for name in NUMBERS if COLUMN[name].limits is None} == {"score", "seed"}
    assert all(COLUMN[name].advice for name in NUMBERS if COLUMN[name].limits)
    assert COLUMN["params"].limits == (1e3, 1e16)
    assert COLUMN["tokens"].limits == (1e3, 1e18)


def test_groups_follow_from_the_list() -> None:
    assert len(COLUMN) == len(COLUMNS) == len(TEXTS) + len(NUMBERS)
    assert set(COUNTS) - set(SIZES) == {"n_items", "trials"}
    assert names_of(about="evaluation") == ("metric", "shots", "variant", "suite")


def test_a_table_keeps_what_a_column_says() -> None:
    kept = {field.name for kind in (Checkpoint, Unit, EvalTable) for field in fields(kind)}
    folded = {"score", "successes", "trials"}  # into scores and n_items
    assert set(COLUMN) - kept == folded


def test_the_page_about_records_names_every_column() -> None:
    page = RECORDS_PAGE.read_text(encoding="utf-8")
    assert [name for name in COLUMN if f"`{name}`" not in page] == []
