"""Plots and the report: hostile names stay text, reruns give the same bytes, mistakes are named."""

import html
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from pathlib import Path
from subprocess import CompletedProcess
from xml.etree import ElementTree

import pytest

Run = Callable[..., CompletedProcess[str]]
Fitted = Callable[..., None]
HOSTILE = ("<script>alert(1)</script>", "]]>&amp;", "$x^{2}$", "\u202eevil\u05d0", "n" * 300)
SIZES = ("70M", "160M", "410M", "1B", "2.8B")
FITS: dict[tuple[str, ...], bytes] = {}


def ladder(names: Sequence[str], families: Sequence[str] = ("f",)) -> str:
    """Five models of each family, with scores that rise by 7 points from size to size."""
    lines = ["family,model,params,tokens,benchmark,metric,chance,n_items,score"]
    for f, family in enumerate(families):
        for i, size in enumerate(SIZES):
            for j, name in enumerate(names):
                score = 0.3 + 0.07 * i + 0.01 * j + 0.03 * f * (j % 2)
                model = f'"{family}","{family}-{size}",{size},300B'
                lines.append(f'{model},"{name}",acc,0.25,1000,{score:.4f}')
    return "\n".join(lines) + "\n"


def questions(names: Sequence[str]) -> str:
    """Sixty questions of two difficulties for each benchmark, with 100 answers each."""
    lines = ["model,params,tokens,benchmark,task,chance,successes,trials"]
    for i, size in enumerate(SIZES):
        for name in names:
            for q in range(60):
                passed = 5 + (18 - 12 * (q % 2)) * i + q % 7
                lines.append(f'm-{size},{size},300B,"{name}","{name}-{q}",0,{passed},100')
    return "\n".join(lines) + "\n"


def run_of(names: Sequence[str], *, model: str = "m", broken: int = -1) -> str:
    """Twelve checkpoints of one run; the broken one loses 20 points on the first benchmark."""
    lines = ["model,params,tokens,benchmark,metric,shots,chance,n_items,score"]
    for k in range(12):
        for j, name in enumerate(names):
            score = 0.5 + 0.004 * k + 0.01 * j + 0.002 * (-1) ** (k + j)
            score -= 0.2 if (k, j) == (broken, 0) else 0.0
            place = f'"{model}",1B,{20 + 10 * k}B'
            lines.append(f'{place},"{name}",acc,0,0.25,1000,{score:.4f}')
    return "\n".join(lines) + "\n"


@pytest.fixture
def fitted(command: Run, tmp_path: Path) -> Fitted:
    """Leave a fit file of a ladder in the folder; each is made once."""

    def make(names: Sequence[str], *, predictor: str = "stack", families: str = "f") -> None:
        path = tmp_path / "scalepredict.fit.json"
        key = (*names, predictor, families)
        if key not in FITS:
            (tmp_path / "ladder.csv").write_text(ladder(names, families.split()), encoding="utf-8")
            done = command("fit", "ladder.csv", "--predictor", predictor, "-q")
            assert done.returncode == 0, done.stderr
            FITS[key] = path.read_bytes()
        path.write_bytes(FITS[key])

    return make


def svg_text(path: Path) -> str:
    """All text of an SVG, whose tags must hold nothing that runs."""
    root = ElementTree.fromstring(path.read_text(encoding="utf-8"))
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert "script" not in tags
    return "\n".join(root.itertext())


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


def test_hostile_names_are_text_in_the_page(
    command: Run, scalepredict: Run, fitted: Fitted, tmp_path: Path
) -> None:
    fitted(HOSTILE)
    wanted = [word for name in HOSTILE for word in ("--benchmark", name)]
    done = command("report", "--params", "12B", *wanted)
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
    # The page tells the command that makes it again, in whatever process.
    (told,) = re.findall(r"<pre><bdi>(.*?)</bdi></pre>", page, re.DOTALL)
    words = shlex.split(html.unescape(told).replace(r"\u202e", "\u202e"))
    assert words[:4] == ["scalepredict", "report", "--fit", "scalepredict.fit.json"]
    again = scalepredict(*words[1:], "-o", "-")
    assert again.stdout == page


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_a_plot_is_written_twice_with_the_same_bytes(
    command: Run, fitted: Fitted, tmp_path: Path, suffix: str
) -> None:
    fitted(HOSTILE)
    for name in ("a", "b"):
        done = command("plot", "forecast", "--params", "12B", "-o", f"{name}.{suffix}")
        assert (done.returncode, done.stderr) == (0, f"wrote {name}.{suffix}\n")
    first, second = ((tmp_path / f"{name}.{suffix}").read_bytes() for name in "ab")
    assert first == second
    assert first.startswith({"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[suffix])


def test_hostile_names_are_text_in_every_kind_of_plot(
    command: Run, fitted: Fitted, tmp_path: Path
) -> None:
    evil, other = HOSTILE[:2]
    (tmp_path / "items.csv").write_text(questions([evil, other]), encoding="utf-8")
    (tmp_path / "run.csv").write_text(run_of(HOSTILE, model=evil), encoding="utf-8")
    fitted(HOSTILE)
    for arguments in (
        ("forecast", "--params", "12B"),
        ("clusters", "items.csv"),
        ("checkpoints", "run.csv"),
    ):
        written = []
        for name in ("a.svg", "b.svg"):
            done = command("plot", *arguments, "-o", name, "-q")
            assert (done.returncode, done.stderr) == (0, "")
            written.append((tmp_path / name).read_bytes())
        assert written[0] == written[1]
        text = svg_text(tmp_path / "a.svg")
        assert evil in text
        assert other in text
        assert "\u202e" not in text


@pytest.mark.parametrize("predictor", ["observational", "skills"])
def test_capabilities_show_loadings_and_families(
    command: Run, fitted: Fitted, tmp_path: Path, predictor: str
) -> None:
    fitted(HOSTILE, predictor=predictor, families="<b>one</b> two three")
    done = command("plot", "capabilities", "-o", "c.svg")
    assert (done.returncode, done.stderr) == (0, "wrote c.svg\n")
    text = svg_text(tmp_path / "c.svg")
    for shown in ("Loadings", *HOSTILE[:3], "<b>one</b>", "two", "three", "15 models"):
        assert shown in text
    command("plot", "capabilities", "-o", "d.svg")
    assert (tmp_path / "c.svg").read_bytes() == (tmp_path / "d.svg").read_bytes()


def test_clusters_show_what_can_be_extrapolated(command: Run, tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text(questions(["maths"]), encoding="utf-8")
    done = command("plot", "clusters", "items.csv", "-o", "c.svg", "-q")
    assert done.returncode == 0, done.stderr
    text = svg_text(tmp_path / "c.svg")
    assert re.search(r"^[2-9] clusters; \d+% of it can be extrapolated$", text, re.MULTILINE)
    assert "60 questions" in text
    assert "5 models by compute" in text


def test_checkpoints_show_what_is_flagged(command: Run, tmp_path: Path) -> None:
    (tmp_path / "run.csv").write_text(run_of(["arc", "piqa"], broken=9), encoding="utf-8")
    done = command("plot", "checkpoints", "run.csv", "-o", "c.svg", "-q")
    assert done.returncode == 0, done.stderr
    text = svg_text(tmp_path / "c.svg")
    assert "0-shot, 1 flagged" in text  # arc
    assert "0-shot, on trend" in text  # piqa
    (tmp_path / "few.csv").write_text(
        "\n".join(run_of(["arc"]).splitlines()[:3]) + "\n", encoding="utf-8"
    )
    done = command("plot", "checkpoints", "few.csv", "-o", "d.svg")
    assert "no checkpoint has enough earlier ones" in done.stderr
    assert "not judged" in svg_text(tmp_path / "d.svg")


def test_one_file_for_each_benchmark_stays_in_its_folder(
    command: Run, fitted: Fitted, tmp_path: Path
) -> None:
    fitted(("../../up", "a/b", "a_b", "arc"))
    (tmp_path / "out").mkdir()
    done = command("plot", "forecast", "--params", "12B", "-o", "out/{benchmark}.svg")
    assert done.returncode == 0, done.stderr
    names = sorted(p.name for p in (tmp_path / "out").iterdir())
    assert names == ["a_b-2.svg", "a_b.svg", "arc.svg", "up.svg"]


def test_coverage_of_the_evidence_is_drawn(command: Run, fitted: Fitted, tmp_path: Path) -> None:
    fitted(("arc", "piqa"))
    done = command("plot", "coverage", "-o", "c.svg")
    assert done.returncode == 0, done.stderr
    text = svg_text(tmp_path / "c.svg")
    assert "nominal coverage" in text
    assert "stack" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("forecast -o x.bmp --params 12B", "no kind of picture"),
        ("forecast -o x.png", "no target was given"),
        ("forecast -o x.png --params 12B --params 70B", "one target"),
        ("forecast -o x.png --params 12B --benchmark arcc", "did you mean 'arc'"),
        ("forecast -o no/such/x.png --params 12B", "cannot be written"),
        ("capabilities -o x.png", "--predictor observational"),
        ("clusters -o x.png", "missing argument"),
        ("clusters -o x.png ladder.csv", "only its total score"),
        ("checkpoints -o x.png ladder.csv", "choose with --model"),
        ("checkpoints -o x.png ladder.csv --model f-2B", "did you mean 'f-2.8B'"),
        ("forecast -o x.png --params 12B --clustering dbscan", "no such option"),
        ("coverage -o x.png --flops 1e22", "no such option"),
    ],
)
def test_a_mistake_is_named_and_nothing_is_written(
    command: Run, fitted: Fitted, tmp_path: Path, arguments: str, message: str
) -> None:
    fitted(("arc", "piqa"))
    (tmp_path / "ladder.csv").write_text(ladder(["arc", "piqa"]), encoding="utf-8")
    done = command("plot", *arguments.split())
    assert done.returncode == 2
    assert message in re.sub(r"[\s│]+", " ", done.stderr)
    assert not list(tmp_path.glob("x.*"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("--params 12B -o x.png", "forecast --params 12B -o x.png"),
        ("--kind coverage -o x.png", "coverage -o x.png"),
        ("ladder.csv --kind=checkpoints --model f-1B", "checkpoints ladder.csv --model f-1B"),
    ],
)
def test_the_spelling_of_the_first_version_is_answered_with_the_one_of_today(
    command: Run, old: str, new: str
) -> None:
    done = command("plot", *old.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith(f" scalepredict plot {new}\n")
    assert "a command of its own" not in command("plot", *new.split()).stderr


@pytest.mark.parametrize(
    "arguments",
    [("plot", "forecast", "--params", "12B", "-o", "x.png"), ("report", "--params", "12B")],
)
def test_without_matplotlib_one_sentence_says_what_to_install(
    fitted: Fitted, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    fitted(("arc", "piqa"))
    blocked = (
        "import sys; sys.modules['matplotlib'] = None; from scalepredict.cli.app import main; "
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", f"{blocked}sys.argv = {['scalepredict', *arguments]}; main()"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(
        "error: plots need matplotlib; install it with: pip install 'scalepredict[plot]'."
    )
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "report.html").exists()
