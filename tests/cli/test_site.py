"""The parts of the site that are made from the program hold all of it, and its links are tried."""

import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from scalepredict.cli.app import COMMANDS
from scalepredict.cli.commands.plot import KINDS
from scalepredict.predictors import registry

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "benchmarks" / folder) for folder in ("site", "gate")]

import accuracy_table  # type: ignore[import-not-found]  # noqa: E402
import links  # type: ignore[import-not-found]  # noqa: E402
import power_table  # type: ignore[import-not-found]  # noqa: E402

OUTPUT = """
pythia: MAE in points (bias), on common cells
                         2x           4x   skill  refused
stack            1.00(-0.1)   2.00(+0.0)   0.306       0
last             2.46(-2.1)            -   1.000       0

rolling origins, benchmarks: held at 50/80/90 %
  pythia          60/87/96        8.3   0.88   MAE 1.37
  all             44/73/86       12.7   2.15   MAE 3.37
"""


def test_tables_of_accuracy_are_read_from_the_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "accuracy.txt").write_text(OUTPUT)
    monkeypatch.setattr(accuracy_table, "OUTPUT", tmp_path / "accuracy.txt")
    assert accuracy_table.errors() == [("Pythia, 0 and 5 shots", "1.5", "-", "-", "2.5")]
    assert accuracy_table.coverage() == [("Pythia, 0 and 5 shots", "60", "87", "96", "8.3")]


def test_pictures_of_coverage_have_a_dot_for_each_group() -> None:
    import coverage_picture  # type: ignore[import-not-found]

    rows = accuracy_table.coverage()
    picture = ElementTree.fromstring(coverage_picture.picture())
    dots = picture.findall("{http://www.w3.org/2000/svg}circle")
    places = {float(held): float(dot.attrib["cx"]) for dot, row in zip(dots, rows, strict=True)
              for held in (row[3],)}  # fmt: skip
    assert [places[held] for held in sorted(places)] == sorted(places.values())
    assert len(picture.findall("{http://www.w3.org/2000/svg}polyline")) == len(rows)


def test_the_stored_output_has_rows_for_both_tables() -> None:
    assert len(accuracy_table.errors()) == len(accuracy_table.coverage())
    assert len(accuracy_table.errors()) > 8


def test_dead_links_and_things_from_outside_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<p id="here"><a href="b.html#there">1</a><a href="a.html#here">2</a>'
        '<a href="c.html">3</a><a href="b.html#nowhere">4</a><a href="https://x.org">5</a>'
        '<script src="https://x.org/a.js"></script>'
    )
    (tmp_path / "b.html").write_text('<p id="there">')
    assert links.broken(tmp_path) == [
        "a.html: c.html leads nowhere",
        "a.html: b.html#nowhere: the page has no such place",
        "a.html: loads https://x.org/a.js from outside",
    ]


def test_the_made_parts_name_every_command_and_method() -> None:
    import pages  # type: ignore[import-not-found]

    shown = pages.filled("<!-- commands -->")
    for name in (*(set(COMMANDS) - {"plot"}), *(f"plot {kind}" for kind in KINDS)):
        assert f"## scalepredict {name}\n" in shown
        assert f"`scalepredict {name}`: " in pages.filled("<!-- command_list -->")
    methods = pages.filled("<!-- methods -->")
    assert all(f"| `{name}` | " in methods for name in registry.names())
    for part in ("documents", "formats", "accuracy", "coverage", "changelog"):
        assert "<!--" not in pages.filled(f"<!-- {part} -->")


def test_every_mark_of_a_page_has_its_part() -> None:
    import pages

    for page in (ROOT / "docs").glob("*.md"):
        for mark in pages.MARK.finditer(page.read_text(encoding="utf-8")):
            assert mark[1] in pages.PARTS, (page.name, mark[1])


def test_figures_of_the_gate_are_read_from_the_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "power.txt").write_text(
        "== healthy files\n  Pythia    errors   3 of  1216 = 0.25 %\n\n"
        "== Pythia: % of faults caught at 9 checkpoints\n     error\n"
        "  all down 2 points       87        90   n = 9\n\n"
        "== lone run, % of 60 runs\n          all -1.5    all -2    one -5\n"
        "phi 1             25        48        17\nphi .4            57        85        73\n"
    )
    monkeypatch.setattr(power_table, "OUTPUT", tmp_path / "power.txt")
    assert power_table.errors() == {"Pythia": (3, 1216)}
    assert power_table.caught("Pythia") == {"all down 2 points": 87}
    assert power_table.caught_alone("phi 1") == {
        "all down 1.5 points": 25,
        "all down 2 points": 48,
        "one benchmark down 5 points": 17,
    }


def test_the_stored_figures_of_the_gate_are_those_of_the_pages() -> None:
    assert power_table.sentence() in (ROOT / "README.md").read_text(encoding="utf-8")
    assert power_table.table() in (ROOT / "docs" / "gate.md").read_text(encoding="utf-8")
