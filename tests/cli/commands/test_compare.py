"""`scalepredict compare` as a user calls it, on two made-up mixes."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import jsonschema

Run = Callable[..., CompletedProcess[str]]
ROOT = Path(__file__).resolve().parents[3]
HEADER = "family,model,params,tokens,benchmark,score,n_items\n"


def write_recipes(path: Path) -> None:
    """Mix a is two points better on arc and as good on piqa, at four sizes."""
    lines = [
        f"mix-{family},{family}{i},{1e8 * 3**i:.0f},{2e9 * 3**i:.0f},{name},{score:.4f},5000"
        for family, gain in (("a", 0.02), ("b", 0.0))
        for i in range(4)
        for name, score in (("arc_easy", 0.4 + 0.05 * i + gain), ("piqa", 0.6 + 0.03 * i))
    ]
    path.write_text(HEADER + "\n".join(lines) + "\n")


def test_the_document_fits_its_schema_and_finds_the_better_recipe(
    scalepredict: Run, tmp_path: Path
) -> None:
    write_recipes(tmp_path / "mixes.csv")
    done = scalepredict("compare", "mix-a", "mix-b", "mixes.csv", "--json", "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    schema = json.loads(
        (ROOT / "configs" / "schemas" / "compare.schema.json").read_text(encoding="utf-8")
    )
    jsonschema.validate(document, schema)
    arc, piqa = document["benchmarks"]
    assert round(arc["difference"], 3) == 0.02
    assert arc["p_first_better"] > 0.9 > piqa["p_first_better"]


def test_the_table_names_both_recipes_and_says_what_was_paired(
    scalepredict: Run, tmp_path: Path
) -> None:
    write_recipes(tmp_path / "mixes.csv")
    done = scalepredict("compare", "mix-b", "mix-a", "mixes.csv", "--flops", "1e21")
    assert done.returncode == 0
    title, header, arc, *_ = done.stdout.splitlines()
    assert title.startswith("mix-b minus mix-a, in points, at ")
    assert header.split()[:3] == ["benchmark", "difference", "sd"]
    assert arc.split()[:2] == ["arc_easy", "-2.0"]
    assert "4 pairs at matched params and tokens; without a partner: 0 models" in done.stderr


def test_a_misspelt_recipe_is_refused_with_a_hint(scalepredict: Run, tmp_path: Path) -> None:
    write_recipes(tmp_path / "mixes.csv")
    done = scalepredict("compare", "mix-a", "mixb", "mixes.csv")
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean 'mix-b'" in done.stderr
