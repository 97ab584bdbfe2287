"""Plots and the report: hostile names stay text, reruns give the same bytes."""

import functools
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from subprocess import CompletedProcess
from xml.etree import ElementTree

import pytest

Run = Callable[..., CompletedProcess[str]]
HOSTILE = ("<script>alert(1)</script>", "]]>&amp;", "$x^{2}$", "\u202eevil\u05d0", "n" * 300)
SIZES = ("70M", "160M", "410M", "1B", "2.8B")


@functools.cache
def fit_of(names: tuple[str, ...]) -> bytes:
    """A fit file of five models whose benchmarks have these names."""
    lines = ["model,params,tokens,benchmark,metric,chance,n_items,score"]
    for i, size in enumerate(SIZES):
        for j, name in enumerate(names):
            lines.append(f'm-{size},{size},300B,"{name}",acc,0.25,1000,{0.3 + 0.07 * i + 0.01 * j}')
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "records.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        command = [sys.executable, "-P", "-m", "scalepredict", "fit", "records.csv", "-q"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        return Path(folder, "scalepredict.fit.json").read_bytes()


def fitted(tmp_path: Path, names: tuple[str, ...]) -> None:
    (tmp_path / "scalepredict.fit.json").write_bytes(fit_of(names))


class Tags(HTMLParser):
    """Collects tags and text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_hostile_names_are_text_in_the_page(scalepredict: Run, tmp_path: Path) -> None:
    fitted(tmp_path, HOSTILE)
    done = scalepredict("report", "--params", "12B")
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    seen = Tags()
    seen.feed(page)
    assert seen.tags.count("script") == 1  # the page's own, which sorts tables
    assert seen.tags.count("svg") == len(HOSTILE) + 1
    text = "".join(seen.text)
    assert "<script>alert(1)</script>" in text
    assert "]]>&amp;" in text
    assert "$x^{2}$" in text
    assert "n" * 300 in text
    assert "\u202e" not in page  # a name must not turn the text around it
    assert not re.search(r"(?:src|href)\s*=\s*[\"']?https?:", page)
    again = scalepredict("report", "--params", "12B", "-o", "-")
    assert again.stdout == page


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_a_plot_is_written_twice_with_the_same_bytes(
    scalepredict: Run, tmp_path: Path, suffix: str
) -> None:
    fitted(tmp_path, HOSTILE)
    for name in ("a", "b"):
        done = scalepredict("plot", "--params", "12B", "-o", f"{name}.{suffix}")
        assert (done.returncode, done.stderr) == (0, f"wrote {name}.{suffix}\n")
    first, second = ((tmp_path / f"{name}.{suffix}").read_bytes() for name in "ab")
    assert first == second
    magic = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[suffix]
    assert first.startswith(magic)


def test_names_are_text_in_svg(scalepredict: Run, tmp_path: Path) -> None:
    fitted(tmp_path, HOSTILE[:2])
    scalepredict("plot", "--params", "12B", "-o", "a.svg")
    root = ElementTree.fromstring((tmp_path / "a.svg").read_text(encoding="utf-8"))
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert "script" not in tags
    assert "<script>alert(1)</script>" in "".join(root.itertext())


def test_one_file_for_each_benchmark_stays_in_its_folder(scalepredict: Run, tmp_path: Path) -> None:
    fitted(tmp_path, ("../../up", "a/b", "a_b", "arc"))
    (tmp_path / "out").mkdir()
    done = scalepredict("plot", "--params", "12B", "-o", "out/{benchmark}.svg")
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "a_b-2.svg",
        "a_b.svg",
        "arc.svg",
        "up.svg",
    ]


def test_coverage_of_the_evidence_is_drawn(scalepredict: Run, tmp_path: Path) -> None:
    fitted(tmp_path, ("arc", "piqa"))
    done = scalepredict("plot", "--kind", "coverage", "-o", "c.svg")
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "c.svg").read_text(encoding="utf-8")
    assert "nominal coverage" in text
    assert "stack" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-o", "x.bmp", "--params", "12B"), "no kind of picture"),
        (("-o", "x.png"), "no target was given"),
        (("-o", "x.png", "--params", "12B", "--params", "70B"), "one target"),
        (("-o", "x.png", "--params", "12B", "--benchmark", "arcc"), "did you mean 'arc'"),
        (("-o", "no/such/x.png", "--params", "12B"), "cannot be written"),
    ],
)
def test_a_mistake_is_named_and_nothing_is_written(
    scalepredict: Run, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    fitted(tmp_path, ("arc", "piqa"))
    done = scalepredict("plot", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert not list(tmp_path.glob("x.*"))
