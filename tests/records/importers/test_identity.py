"""Which evaluations are one? Names, steps, settings and units of metrics over all files."""

import json
from pathlib import Path
from typing import Any

import pytest

from scalepredict.errors import ConfigError, RecordError
from scalepredict.records.importers.choose import Choice
from scalepredict.records.importers.collect import Collected, collect
from scalepredict.records.importers.names import (
    bare_step,
    counts_in_name,
    guess_from_name,
    without_step,
)
from scalepredict.records.importers.sidecar import Ladder, read_ladder
from scalepredict.records.importers.skeleton import ladder_skeleton
from scalepredict.records.reading.read import read_records


def write(
    folder: Path,
    model: str,
    measures: dict[str, float],
    *,
    name: str = "",
    arguments: str = "",
    **content: Any,
) -> None:
    """One result file of lm-eval for one task."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {"model_args": f"pretrained={model}{arguments}", **content.pop("config", {})}
    result = {"results": {"quiz": measures}, "versions": {"quiz": 1}, "config": config, **content}
    path = folder / f"{name or model.replace('/', '_')}.json"
    path.write_text(json.dumps(result), encoding="utf-8")


def scores(collected: Collected) -> list[float]:
    return [placed.score.score for placed in collected.placed]


def variants(collected: Collected) -> set[str]:
    return {placed.score.variant for placed in collected.placed}


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("lad-1b-data3-300b", ("1b", "300b")),
        ("lad-1b", ("1b",)),
        ("lad-1b-100BT", ("1b",)),
        ("lad-1b-300B-tokens", ("1b",)),
        ("iso-F3e17-P4.6M-T3.012B", ("4.6M",)),
        ("moe-8x7B", ()),
        ("lad-1b/lad-1b-hf", ("1b",)),
    ],
)
def test_two_counts_in_a_name_are_an_ambiguity(name: str, counts: tuple[str, ...]) -> None:
    assert counts_in_name(name) == counts
    assert ("params" in guess_from_name(name)) == (len(counts) == 1)


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("run/step-240k", 240_000),
        ("run/step2M", 2_000_000),
        ("run/iter_0001000/hf", 1000),
        ("run/ckpt-500", 500),
        ("run/it-20", 20),
        ("run/global_step1000-hf", 1000),
        ("run/checkpoint-240k", 240_000),
    ],
)
def test_steps_are_found_in_every_shape(name: str, step: float) -> None:
    assert guess_from_name(name)["step"] == step
    assert without_step(name) == "run"


def test_a_folder_of_digits_is_a_step_only_where_a_ladder_asks() -> None:
    assert bare_step("run/0002000/hf") == 2000
    assert "step" not in guess_from_name("run/0002000/hf")
    assert bare_step("run-7/last") is None


def test_two_counts_are_said_and_marked_in_the_skeleton(tmp_path: Path) -> None:
    write(tmp_path, "lad-1b-data3-300b", {"acc,none": 0.5})
    collected = collect([tmp_path])
    assert "params" not in collected.checkpoints[0].sizes
    assert "its name has 1b and 300b" in str(collected.warnings[0])
    assert "which of 1b and 300b, or neither" in ladder_skeleton(collected)


def ladder(tmp_path: Path, text: str) -> Ladder:
    path = tmp_path / "ladder.yaml"
    path.write_text(text, encoding="utf-8")
    return read_ladder(path)


def test_a_step_that_is_asked_for_and_not_there_is_an_error(tmp_path: Path) -> None:
    steps = ladder(
        tmp_path, "models: [{match: '*', name: run, tokens_from: step, tokens_per_step: 2M}]"
    )
    write(tmp_path / "r", "run/epoch_3", {"acc,none": 0.5})
    with pytest.raises(ConfigError, match=r"no step in 'run/epoch_3'.*\(\?P<step>"):
        collect([tmp_path / "r"], ladder=steps)


def test_runs_that_may_be_two_do_not_supersede_each_other_in_silence(tmp_path: Path) -> None:
    one = ladder(tmp_path, "models: [{match: '*', name: run, params: 1B, tokens: 2B}]")
    write(tmp_path / "r", "run/a", {"acc,none": 0.5}, date=1.0)
    write(tmp_path / "r", "run/b", {"acc,none": 0.6}, date=2.0)
    collected = collect([tmp_path / "r"], ladder=one)
    assert scores(collected) == [0.6]
    assert any("run_a.json is superseded by" in str(warning) for warning in collected.warnings)


SETTINGS: dict[str, tuple[dict[str, Any], str]] = {
    "chat template": ({"chat_template": "{% x %}"}, "chat template"),
    "system prompt": ({"system_instruction": "Be brief"}, "system prompt Be brief"),
    "generation": ({"config": {"gen_kwargs": {"temperature": 1.0}}}, "temperature"),
    "limit": ({"config": {"limit": 10}}, "limit 10"),
    "quantisation": ({"arguments": ",load_in_4bit=True"}, "load_in_4bit=True"),
    "precision": ({"arguments": ",dtype=float16"}, "float16"),
    "prompt": ({"configs": {"quiz": {"doc_to_text": "Q: {{x}}"}}}, "prompt "),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_of_one_rung_makes_a_column_of_its_own(tmp_path: Path, name: str) -> None:
    change, label = SETTINGS[name]
    usual: dict[str, Any] = {"arguments": ",dtype=bfloat16"} if name == "precision" else {}
    usual |= {"configs": {"quiz": {"doc_to_text": "{{x}}"}}} if name == "prompt" else {}
    for model in ("a-1b", "b-2b"):
        write(tmp_path, model, {"acc,none": 0.5}, **usual)
    write(tmp_path, "c-4b", {"acc,none": 0.7}, **(usual | change))
    collected = collect([tmp_path])
    by_model = {
        collected.checkpoints[p.checkpoint].model: p.score.variant for p in collected.placed
    }
    assert by_model["a-1b"] == by_model["b-2b"] != by_model["c-4b"]
    assert label in by_model["c-4b"]
    assert any("c-4b.json" in str(note) and "a-1b.json" in str(note) for note in collected.notes)


def test_an_ignored_setting_makes_no_column(tmp_path: Path) -> None:
    write(tmp_path, "a-1b", {"acc,none": 0.5})
    write(tmp_path, "c-4b", {"acc,none": 0.7}, chat_template="x")
    ignore = frozenset({"chat-template", "turns"})
    collected = collect([tmp_path], choice=Choice(metric={}, filter={}, shots={}, ignore=ignore))
    assert variants(collected) == {""}
    assert any("chat template differs" in str(warning) for warning in collected.warnings)


def test_an_adapter_makes_another_model(tmp_path: Path) -> None:
    write(tmp_path, "a-1b", {"acc,none": 0.5}, name="x")
    write(tmp_path, "a-1b", {"acc,none": 0.7}, name="y", arguments=",peft=me/tuned")
    assert {c.model for c in collect([tmp_path]).checkpoints} == {"a-1b", "a-1b+me/tuned"}


def test_the_same_weights_in_four_bits_are_not_the_newest(tmp_path: Path) -> None:
    write(tmp_path, "a-1b", {"acc,none": 0.5}, name="x", date=1.0)
    four: dict[str, Any] = {"arguments": ",load_in_4bit=True", "date": 2.0}
    write(tmp_path, "a-1b", {"acc,none": 0.4}, name="y", **four)
    collected = collect([tmp_path])
    assert sorted(scores(collected)) == [0.4, 0.5]
    assert variants(collected) == {"not quantised", "load_in_4bit=True"}


def ladder_of(tmp_path: Path, metric: str, values: tuple[float, ...], **content: Any) -> Collected:
    for size, value in enumerate(values, start=1):
        write(tmp_path, f"m-{size}b", {f"{metric},none": value}, **content)
    return collect([tmp_path])


def test_the_unit_of_a_metric_is_one_decision(tmp_path: Path) -> None:
    collected = ladder_of(tmp_path, "exact_match", (0.4, 0.9, 5.2, 37.0))
    assert sorted(scores(collected)) == pytest.approx([0.004, 0.009, 0.052, 0.37])
    assert any("all 4 values divided by 100" in str(note) for note in collected.notes)


def test_the_user_can_say_percent(tmp_path: Path) -> None:
    write(tmp_path, "m-1b", {"exact_match,none": 0.4})
    choice = Choice(metric={}, filter={}, shots={}, percent=True)
    assert scores(collect([tmp_path], choice=choice)) == [0.004]


def test_a_correlation_keeps_its_values_below_zero(tmp_path: Path) -> None:
    assert sorted(scores(ladder_of(tmp_path, "mcc", (-0.02, -0.01, 0.2)))) == [-0.02, -0.01, 0.2]


@pytest.mark.parametrize("metric", ["bits_per_byte", "brier_score", "ece", "ter", "wer"])
def test_metrics_where_less_is_better_are_never_inverse_benchmarks(
    tmp_path: Path, metric: str
) -> None:
    ladder_of(tmp_path, metric, (0.9, 0.8, 0.7))
    table = read_records([tmp_path]).table
    assert sorted(table.scores.ravel()) == [0.7, 0.8, 0.9]
    (unit,) = table.units
    assert unit.measure is not None
    assert unit.measure.direction == "lower"


def test_the_loss_of_the_right_answer_goes_beside_its_score(tmp_path: Path) -> None:
    write(tmp_path, "m-1b", {"acc,none": 0.5, "bits_per_byte,none": 0.9})
    (placed,) = collect([tmp_path]).placed
    assert (placed.score.score, placed.score.task_loss) == (0.5, 0.9)


def test_a_harness_tells_the_direction(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"toxicity: less is better, .*direction: lower"):
        ladder_of(tmp_path, "toxicity", (0.5,), higher_is_better={"quiz": {"toxicity": False}})


def test_a_metric_that_was_left_out_is_not_asked_for_in_vain(tmp_path: Path) -> None:
    write(tmp_path, "m-1b", {"acc,none": 0.5, "word_perplexity,none": 0.5})
    choice = Choice(metric={"quiz": "word_perplexity"}, filter={}, shots={})
    with pytest.raises(RecordError, match="quiz has it, but values outside 1 to inf"):
        collect([tmp_path], choice=choice)


def test_models_that_lack_the_metric_keep_another_in_a_column_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, "a-1b", {"acc_norm,none": 0.5, "acc,none": 0.4})
    write(tmp_path, "b-2b", {"acc_norm,none": 0.6})
    write(tmp_path, "c-4b", {"acc,none": 0.7})
    collected = collect([tmp_path])
    found = {(p.score.metric, p.score.score) for p in collected.placed}
    assert found == {("acc_norm", 0.5), ("acc_norm", 0.6), ("acc", 0.7)}
    assert any("some models have acc" in str(note) for note in collected.notes)
