"""Are settings of an evaluation told apart where a logger's configuration holds them?"""

import json
from pathlib import Path

import pytest

from scalepredict.records.importers.collect import Collected, collect
from scalepredict.records.reading.read import read_records


def runs_table(folder: Path, header: str, first: str, second: str, *, second_name: str) -> Path:
    """A table of W&B with two finished runs and what their configuration says."""
    path = folder / "runs.csv"
    rows = [f"a,finished,0.5,{first}", f"{second_name},finished,0.6,{second}"]
    path.write_text("\n".join([f"Name,State,eval/arc/acc,{header}", *rows]), encoding="utf-8")
    return path


def found(collected: Collected) -> dict[tuple[str, str], float]:
    models = collected.checkpoints
    return {(models[p.checkpoint].model, p.score.variant): p.score.score for p in collected.placed}


SETTINGS = {
    "quantisation": ("config.load_in_4bit", "", "True", "not quantised", "load_in_4bit=True"),
    "method": ("quantization", "none", "gptq", "not quantised", "quantization=gptq"),
    "precision": ("model_args.dtype", "bfloat16", "torch.float32", "bfloat16", "float32"),
    "arguments": ('"model_args"', "dtype=float16", "dtype=float32", "float16", "float32"),
    "chat": ("apply_chat_template", "false", "true", "no chat template", "chat template"),
    "template": ("chat_template", "chatml", "llama", "template chatml", "template llama"),
    "hash": ("chat_template_sha", "a" * 64, "b" * 64, "template aaaaaaaa", "template bbbbbbbb"),
    "system": ("system_prompt", "", "Be brief.", "no system prompt", "system prompt Be brief."),
    "sampling": (
        *("gen/temperature", "", "0.7"),
        *("default generation", "generation temperature=0.7"),
    ),
    "part": ("limit", "", "100", "all items", "limit 100"),
}


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("second_name", ["a", "b"])
def test_a_setting_in_the_configuration_makes_columns_apart(
    tmp_path: Path, setting: str, second_name: str
) -> None:
    header, first, second, one, other = SETTINGS[setting]
    path = runs_table(tmp_path, header, first, second, second_name=second_name)
    collected = collect([path])
    assert found(collected) == {("a", one): 0.5, (second_name, other): 0.6}
    assert [note.code for note in collected.notes] == ["settings-differ"]


def test_an_adapter_makes_another_model(tmp_path: Path) -> None:
    path = runs_table(tmp_path, "config.peft", "", "org/lora", second_name="a")
    assert found(collect([path])) == {("a", ""): 0.5, ("a+org/lora", ""): 0.6}


def test_seeds_of_runs_of_one_name_make_replicates(tmp_path: Path) -> None:
    path = runs_table(tmp_path, "seed,n_params,tokens", "1,1M,20M", "2,1M,20M", second_name="a")
    table = read_records([path]).table
    assert [(c.model, c.seed) for c in table.checkpoints] == [("a, seed 1", 1), ("a, seed 2", 2)]
    assert table.scores.tolist() == [[0.5], [0.6]]


def test_shots_of_the_configuration_are_the_shots_of_its_scores(tmp_path: Path) -> None:
    path = runs_table(tmp_path, "num_fewshot", "0", "5", second_name="b")
    assert [p.score.shots for p in collect([path]).placed] == [0, 5]


def test_a_store_of_mlflow_tells_a_quantised_run_from_one_that_says_nothing(
    tmp_path: Path,
) -> None:
    for run, score, params in (("r1", 0.5, {}), ("r2", 0.4, {"load_in_8bit": "True"})):
        folder = tmp_path / "mlruns/1" / run
        for part, values in (
            ("metrics", {"arc/acc": f"1 {score} 0"}),
            ("params", params),
            ("tags", {"mlflow.runName": "a"}),
        ):
            for name, text in values.items():
                (folder / part / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / part / name).write_text(text, encoding="utf-8")
        (folder / "meta.yaml").write_text("status: 3\n", encoding="utf-8")
    assert found(collect([tmp_path])) == {
        ("a", "not quantised"): 0.5,
        ("a", "load_in_8bit=True"): 0.4,
    }


@pytest.mark.parametrize(
    ("stated", "word"),
    [
        (("{% for m in messages %}x", None), "template 2d9bc7d0"),
        (("{% for m in messages %}x", "c" * 64), "template cccccccc"),
        (("rag", None), "template rag"),
    ],
)
def test_two_chat_templates_are_not_one(
    tmp_path: Path, stated: tuple[str, str | None], word: str
) -> None:
    for name, (template, digest) in (("a", ("chatml", None)), ("b", stated)):
        content = {
            "results": {"quiz": {"acc,none": 0.5}},
            "versions": {"quiz": 1},
            "config": {"model_args": f"pretrained={name}"},
            "chat_template": template,
            "chat_template_sha": digest,
        }
        (tmp_path / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    assert found(collect([tmp_path])) == {("a", "template chatml"): 0.5, ("b", word): 0.5}
