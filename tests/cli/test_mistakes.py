"""A mistake on the command line is one sentence: what was given, what is accepted; nothing idle."""

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

ROOT = Path(__file__).resolve().parents[2]
LADDER = str(ROOT / "sample_data" / "pythia_ladder.csv")
PUBLIC = str(ROOT / "sample_data" / "public_models.csv")
LOSSES = "model,params,tokens,benchmark,metric,score\n" + "".join(
    f"m{i},{10**i}M,{20 * 10**i}M,c4,loss,{4 - 0.3 * i}\n" for i in range(1, 6)
)
Run = Callable[..., CompletedProcess[str]]


def refused(command: Run, call: str, stdin: str = "") -> str:
    done = command(*call.split(), stdin=stdin)
    assert done.returncode == 2, done.stderr
    assert not done.stdout
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith("error: ")
    return sentence


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("fit r.csv --seed 1.5", "--seed(:| 1.5:) "),
        ("fit r.csv --jobs=0", "--jobs:? 0"),
        ("fit r.csv -j 0", "-j:? 0"),
        ("fit r.csv --format xml", "'xml' is not one of "),
        ("check r.csv --alpha 2", "--alpha 2 is not between 0 and 0.5"),
        ("forecast --budget 3", "no such option: --budget"),
        ("fit", "missing argument 'RECORDS...'"),
        ("score r.json", "missing option '--measured'"),
        ("forecast --params", "requires an argument"),
        ("fitt r.csv", "no such command 'fitt'"),
    ],
)
def test_a_wrong_word_is_told_like_every_other_mistake(command: Run, call: str, words: str) -> None:
    sentence = refused(command, call)
    assert re.search(words, sentence)
    assert sentence.endswith(" --help`.")


def test_the_kinds_of_pictures_are_listed_where_none_or_a_wrong_one_is_named(command: Run) -> None:
    assert "plot: what? Choose one of forecast, trajectory" in refused(command, "plot")
    assert "'foreast' (did you mean 'forecast'?)" in refused(command, "plot foreast")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("forecast --params 9B --mfu 0.3", "--mfu"),
        ("plan --params 9B --mfu 0.3", "--mfu"),
        ("plan --params 9B --price 2", "--price"),
        ("forecast --params 9B --percent", "--percent"),
        ("forecast --params 9B --ladder l.yaml --answers", "--ladder, --answers"),
        ("report --params 9B --benchmarks b.yaml", "--benchmarks"),
        (f"select {PUBLIC} --probes 3 --components 2", "--max-params, --budget, --components"),
        ("forecast --flops 1 --fit f.json", "--flops 1 is no size of a model"),
        (f"backtest {LADDER} -q --no-reference -p trend", "--no-reference means nothing to trend"),
        (f"fit {LADDER} -q --no-reference --reference-without meta", "--no-reference leaves out"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(command: Run, call: str, words: str) -> None:
    assert f"error: {words}" in refused(command, call)


def test_tokens_of_models_that_all_tell_theirs_are_refused(command: Run) -> None:
    done = command("fit", LADDER, "-q", "--tokens", "1T")
    assert done.returncode == 2
    assert "error: --tokens 1T is for models whose tokens and FLOPs are not" in done.stderr


def test_a_size_without_its_unit_is_no_target_of_a_plan(command: Run) -> None:
    assert command("fit", LADDER, "--up-to-params", "2.8B", "-q").returncode == 0
    assert "like 0.06B" in refused(command, "plan --params 0.06 --tokens 300B")


def test_a_registered_forecast_is_scored_once(command: Run) -> None:
    assert command("fit", LADDER, "--up-to-params", "2.8B", "-q").returncode == 0
    assert command("register", "--params", "12B", "-o", "r.json", "-q").returncode == 0
    assert "is given twice" in refused(command, f"score r.json r.json --measured {LADDER}")


def test_a_list_in_a_cell_of_csv_is_json(command: Run) -> None:
    done = command("fit", LADDER, "--format", "csv", "-q")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    notes = [note for row in rows if row["notes"] for note in json.loads(row["notes"])]
    assert {note["code"] for note in notes} >= {"flat"}


@pytest.mark.parametrize("price", ["nan", "-1", "inf"])
def test_a_price_is_an_amount(command: Run, price: str) -> None:
    assert f"--price {price}: " in refused(
        command, f"forecast --params 9B --gpu h100 --price {price}"
    )


@pytest.mark.parametrize("call", ["fit - -", "forecast --fit - --measured -"])
def test_stdin_is_given_once(command: Run, call: str) -> None:
    assert "which can be read once" in refused(command, call, stdin="{}")


@pytest.mark.parametrize(
    "call",
    [
        "fit f.json",
        "validate f.json",
        "fit r.csv --ladder f.json",
        "check r.csv --config f.json",
        "plot checkpoints f.json",
    ],
)
def test_another_document_of_ours_is_named(command: Run, tmp_path: Path, call: str) -> None:
    (tmp_path / "r.csv").write_text("model,params,tokens,benchmark,score\na,1B,1B,q,0.5\n")
    (tmp_path / "f.json").write_text(json.dumps({"schema": "scalepredict.fit/1", "groups": []}))
    assert "f.json: is a 'scalepredict.fit/1' document" in refused(command, call)


def test_a_benchmark_file_says_something_of_benchmarks(command: Run, tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("model,score\na,0.5\n")
    assert "says nothing of a benchmark" in refused(command, f"fit {LADDER} --benchmarks b.csv")


def test_a_family_without_some_benchmark_of_the_pool_is_forecast(command: Run) -> None:
    fit = command("fit", PUBLIC, "--predictor", "observational", "--components", "2", "-q")
    assert fit.returncode == 0, fit.stderr
    done = command("forecast", "--params", "12B", "--family", "Falcon", "--json")
    assert done.returncode == 0, done.stderr
    forecast = {entry["benchmark"]: entry for entry in json.loads(done.stdout)["benchmarks"]}
    assert "HumanEval" not in forecast  # which no Falcon was measured on
    assert len(forecast) == 8
    named = refused(command, f"forecast --known {LADDER}")
    assert "models 'pythia-70m', 'pythia-160m'" in named
    assert "Give scores on these" in named


def test_a_picture_of_coverage_needs_fractions(command: Run, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    (tmp_path / "l.csv").write_text(LOSSES)
    assert command("fit", "l.csv", "-q").returncode == 0
    assert "no benchmark of the fit is a fraction" in refused(command, "plot coverage -o c.svg")


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("--within inf", "--within inf: "),
        ("--flops 1e30", "beyond 300x the largest pair (4.8e20 FLOPs)"),
    ],
)
@pytest.mark.parametrize("call", ["compare a b r.csv", "compare r.csv --arm a --arm b"])
def test_recipes_are_compared_where_it_was_checked(
    command: Run, tmp_path: Path, call: str, option: str, words: str
) -> None:
    rows = [f"{f},{f}{n},{n}B,{20 * n}B,quiz,0.{4 + n}" for f in "ab" for n in (1, 2)]
    rows += [f"{f},{f}s,100M,600B,quiz,0.3" for f in "ab"]
    header = "family,model,params,tokens,benchmark,score"
    (tmp_path / "r.csv").write_text("\n".join((header, *rows)) + "\n")
    done = command(*call.split(), "-q", *option.split())
    assert done.returncode == 2
    assert not done.stdout
    assert words in done.stderr
    far = command(*call.split(), "--flops", "1e22")
    assert far.returncode == 0, far.stderr
    assert "21 times the compute of the largest pair" in far.stderr


def test_a_loss_that_cannot_be_predicted_is_reported_in_its_own_unit(
    command: Run, tmp_path: Path
) -> None:
    noise = "".join(
        f"m{i},{10**i}M,{20 * 10**i}M,odd,loss,{3 + i % 2 / 3:.3f}\n" for i in range(1, 6)
    )
    (tmp_path / "l.csv").write_text(LOSSES + noise)
    assert command("fit", "l.csv", "-q").returncode == 0
    done = command("report", "--params", "300B", "--tokens", "6T", "--no-plots", "-o", "-", "-q")
    assert done.returncode == 0, done.stderr
    why = done.stdout.partition("What cannot be predicted, and why")[2].partition("</section>")[0]
    assert "<bdi>3.333</bdi>" in why


def test_a_ladder_file_beside_tables_is_refused(command: Run, tmp_path: Path) -> None:
    (tmp_path / "l.yaml").write_text("schema: 1\nmodels: [{match: '*', params: 1B, tokens: 1B}]\n")
    assert "--ladder l.yaml: it gives sizes to results" in refused(
        command, f"fit {LADDER} --ladder l.yaml"
    )
    assert command("fit", LADDER, "--up-to-params", "2.8B", "-q").returncode == 0
    call = f"forecast --params 12B --measured {LADDER} --ladder l.yaml"
    assert "--ladder l.yaml: it gives sizes to results" in refused(command, call)


def test_nothing_is_registered_of_a_benchmark_that_is_not_there(
    command: Run, tmp_path: Path
) -> None:
    assert command("fit", LADDER, "--up-to-params", "2.8B", "-q").returncode == 0
    sentence = refused(command, "register --params 12B --benchmark arc_esy -o r.json")
    assert "there is no benchmark 'arc_esy' (did you mean 'arc_easy'?)" in sentence
    assert not (tmp_path / "r.json").exists()


def test_flops_of_a_mixture_of_experts_are_said_to_be_of_its_active_parameters(
    command: Run, tmp_path: Path
) -> None:
    rows = [f"m{n},{4 * n}B,{n}B,100B,quiz,0.{3 + n}" for n in (1, 2, 4)]
    header = "model,params,params_active,tokens,benchmark,score"
    (tmp_path / "r.csv").write_text("\n".join((header, *rows)) + "\n")
    assert "computed as 6 x params (active ones, where given) x tokens." in (
        command("validate", "r.csv").stdout
    )
