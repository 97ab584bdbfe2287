"""lm-evaluation-harness files of every version, each with its trap."""

import json
from pathlib import Path
from typing import Any

import pytest

from scalepredict.errors import RecordError
from scalepredict.records.importers.choose import Choice
from scalepredict.records.importers.collect import Collected, collect
from scalepredict.records.importers.to_rows import as_rows

FIXTURES = Path(__file__).parent / "fixtures"


def write(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def results(**changes: Any) -> dict[str, Any]:
    """A current result file with one task."""
    content: dict[str, Any] = {
        "results": {"arc": {"alias": "arc", "acc,none": 0.31, "acc_stderr,none": 0.01}},
        "versions": {"arc": 1.0},
        "n-shot": {"arc": 0},
        "n-samples": {"arc": {"original": 1172, "effective": 1172}},
        "config": {"model": "hf", "model_args": "pretrained=acme/a-190m", "limit": None},
        "model_source": "hf",
        "model_name": "acme/a-190m",
    }
    return content | changes


def scores(collected: Collected) -> dict[tuple[str, str, str], float]:
    return {
        (p.score.benchmark, p.score.task, p.score.metric): p.score.score for p in collected.placed
    }


def answers(collected: Collected) -> dict[tuple[int, str], float]:
    """Scores of single questions by checkpoint and name."""
    return {
        (p.checkpoint, name): score
        for p in collected.placed
        if p.score.questions is not None
        for name, score in zip(p.score.questions.names, p.score.questions.scores, strict=True)
    }


def test_a_real_run_gives_benchmarks_subtasks_sizes_and_items() -> None:
    collected = collect([FIXTURES / "lm_eval_0_4_13"])
    smallest = next(c for c in collected.checkpoints if c.model == "acme/toy-70m")
    assert smallest.sizes == {"params": 70_000_000.0, "step": 1000.0}
    assert smallest.origin == {"params": "file", "step": "revision"}
    rows = {
        (p.score.benchmark, p.score.task): p.score
        for p in collected.placed
        if collected.checkpoints[p.checkpoint] == smallest
    }
    assert set(rows) == {("sums", ""), ("sums", "small"), ("sums", "large"), ("toy_mc", "")}
    assert rows["sums", ""].score == 0.34
    assert rows["sums", ""].n_items == 100
    assert rows["sums", "large"].stderr == pytest.approx(0.07637626158259732)
    assert rows["toy_mc", ""].metric == "acc_norm"


def test_samples_of_a_real_run_belong_to_the_model_that_the_results_name() -> None:
    collected = collect([FIXTURES / "lm_eval_0_4_13"], samples=True)
    assert {c.model for c in collected.checkpoints} == {
        f"acme/toy-{size}" for size in ("70m", "160m", "410m", "1b")
    }
    assert sum(p.score.questions is None for p in collected.placed) == 4 * 4  # totals stay
    names = list(answers(collected))
    assert len(names) == 4 * 6
    assert len({name for _, name in names}) == 6  # the same question has the same name everywhere
    assert {p.score.shots for p in collected.placed} == {0}


def test_version_0_3_has_metrics_without_filter_and_one_shot_count(tmp_path: Path) -> None:
    old = {
        "results": {"sciq": {"acc": 0.891, "acc_stderr": 0.00986, "acc_norm": 0.816}},
        "versions": {"sciq": 0},
        "config": {"model": "gpt2", "model_args": "pretrained=acme/a-190m", "num_fewshot": 3},
    }
    collected = collect([write(tmp_path / "out.json", old)], choice=_metric("acc"))
    (placed,) = collected.placed
    assert (placed.score.score, placed.score.stderr, placed.score.shots) == (0.891, 0.00986, 3)
    assert placed.score.filter == "none"


def test_names_counts_aliases_and_stderrs_are_not_taken_for_scores(tmp_path: Path) -> None:
    task = {"name": "arc", "alias": " - arc", "sample_len": 1, "acc,none": 0.25, " ": " "}
    task |= {"acc_stderr,none": "N/A", "sample_count": {"acc,none": 1}, "flag": True}
    collected = collect([write(tmp_path / "r.json", results(results={"arc": task}))])
    assert scores(collected) == {("arc", "", "acc"): 0.25}
    assert collected.placed[0].score.stderr is None


def test_beside_a_score_other_metrics_are_named_and_nan_is_counted(tmp_path: Path) -> None:
    task = {
        "acc,none": 0.25,
        "brier,none": 0.4,
        "word_perplexity,none": 14.2,
        "f1,none": float("nan"),
    }
    content = results(results={"arc": task}, higher_is_better={"arc": {"brier": False}})
    collected = collect([write(tmp_path / "r.json", content)])
    assert scores(collected) == {("arc", "", "acc"): 0.25}
    assert [str(note) for note in collected.notes] == [
        "arc: acc taken; also there: brier, word_perplexity."
    ]
    assert sum(collected.left_out.values()) == 1


def test_a_group_of_unrelated_tasks_is_no_benchmark(tmp_path: Path) -> None:
    tasks = {
        "board": {"acc,none": 0.5, "alias": "board"},
        "arc": {"acc,none": 0.4},
        "mmlu": {"acc,none": 0.6},
        "mmlu_stem": {"acc,none": 0.61},
        "mmlu_stem_physics": {"acc,none": 0.7},
    }
    groups = {
        "board": ["arc", "mmlu"],
        "mmlu": ["mmlu_stem"],
        "mmlu_stem": ["mmlu_stem_physics"],
        "arc": [],
    }
    content = results(results=tasks, group_subtasks=groups)
    collected = collect([write(tmp_path / "r.json", content)])
    assert scores(collected) == {
        ("arc", "", "acc"): 0.4,
        ("mmlu", "", "acc"): 0.6,
        ("mmlu", "stem_physics", "acc"): 0.7,
    }
    assert collected.left_out == {"a group's aggregate, whose tasks are read themselves": 2}


def test_the_newest_evaluation_of_each_task_wins(tmp_path: Path) -> None:
    folder = tmp_path / "acme__a-190m"
    write(folder / "results_2026-01-02T00-00-00.0.json", results())
    both = {"arc": {"acc,none": 0.1}, "piqa": {"acc,none": 0.6}}
    write(folder / "results_2026-01-01T00-00-00.0.json", results(results=both))
    collected = collect([tmp_path])
    assert scores(collected) == {("arc", "", "acc"): 0.31, ("piqa", "", "acc"): 0.6}
    assert "1 older evaluation of" in " ".join(map(str, collected.notes))


def test_a_subset_is_warned_of(tmp_path: Path) -> None:
    content = results(**{"n-samples": {"arc": {"original": 1172, "effective": 100}}})
    collected = collect([write(tmp_path / "r.json", content)])
    assert "subset" in str(collected.warnings[0])
    assert collected.placed[0].score.n_items == 100


@pytest.mark.parametrize(
    ("change", "word", "first", "second"),
    [
        ({"n-shot": {"arc": 25}}, "shots", "0", "25"),
        ({"versions": {"arc": 2.0}}, "version", "1.0", "2.0"),
        ({"task_hashes": {"arc": "beef"}}, "hash", "cafe", "beef"),
    ],
)
def test_models_evaluated_differently_are_columns_apart_with_both_values_said(
    tmp_path: Path, change: dict[str, Any], word: str, first: str, second: str
) -> None:
    write(tmp_path / "a.json", results(task_hashes={"arc": "cafe"}))
    other = {"model": "hf", "model_args": "pretrained=acme/b-410m"}
    write(tmp_path / "b.json", results(config=other) | change)
    collected = collect([tmp_path])
    (note,) = (note for note in collected.notes if f"{word} is" in str(note))
    assert f"'{first}' for" in str(note)
    assert f"'{second}' for acme/b-410m" in str(note)
    assert "b.json" in str(note)
    rows = as_rows(collected)
    columns = set(zip(rows.number("shots"), map(str, rows.text("variant")), strict=True))
    assert len(columns) == 2


def test_following_the_advice_on_hashes_works(tmp_path: Path) -> None:
    write(tmp_path / "a.json", results(task_hashes={"arc": "cafe"}))
    other = {"model": "hf", "model_args": "pretrained=acme/b-410m"}
    write(tmp_path / "b.json", results(config=other, task_hashes={"arc": "beef"}))
    choice = Choice(metric={}, filter={}, shots={}, ignore=frozenset({"hash"}))
    collected = collect([tmp_path], choice=choice)
    assert len(collected.placed) == 2
    assert "differs between models" in str(collected.warnings[0])


def test_revisions_without_step_stay_apart(tmp_path: Path) -> None:
    for revision in ("early", "late"):
        config = {"model_args": f"pretrained=acme/a-190m,revision={revision}"}
        write(tmp_path / f"{revision}.json", results(config=config))
    assert {c.model for c in collect([tmp_path]).checkpoints} == {
        "acme/a-190m@early",
        "acme/a-190m@late",
    }


def test_version_0_4_0_wrote_an_array_into_the_samples_file(tmp_path: Path) -> None:
    row = {"doc_id": 3, "filtered_resps": [], "filter": "none", "acc": 1.0, "target": "x"}
    path = tmp_path / "pretrained__acme_arc.jsonl"
    path.write_text(json.dumps([row, row | {"doc_id": 4, "acc": 0.0}], indent=2))
    collected = collect([path])
    assert answers(collected) == {(0, "3"): 1.0, (0, "4"): 0.0}


def test_a_question_stands_once_for_each_filter_and_pairs_are_no_scores(tmp_path: Path) -> None:
    row = {"doc_id": 1, "doc_hash": "ab" * 32, "filtered_resps": ["7"], "target": "7"}
    rows = [
        row | {"filter": "strict-match", "metrics": ["exact_match"], "exact_match": 0.0},
        row | {"filter": "flexible-extract", "metrics": ["exact_match"], "exact_match": 1.0},
        row | {"filter": "none", "metrics": ["bits_per_byte"], "bits_per_byte": [-3.0, 12]},
    ]
    path = tmp_path / "acme__a" / "samples_gsm8k_2026-01-01T00-00-00.0.jsonl"
    path.parent.mkdir()
    path.write_text("".join(json.dumps(one) + "\n" for one in rows))
    collected = collect([path])
    (placed,) = collected.placed
    assert (placed.score.filter, placed.score.score) == ("strict-match", 0.0)
    assert answers(collected) == {(0, "ab" * 8): 0.0}
    assert list(as_rows(collected).text("metric")) == [f"{placed.score.metric},strict-match"]
    assert collected.left_out == {"bits_per_byte of a question is not a finite number": 1}


def test_unknown_sizes_and_made_up_names_are_not_believed(tmp_path: Path) -> None:
    config = {"model": "dummy", "model_args": {}, "model_num_parameters": -1}
    content = results(config=config, model_source="dummy", model_name="vqvnukgg")
    content["higher_is_better"] = {"arc": {"acc": None}}
    collected = collect([write(tmp_path / "my-run" / "results_x.json", content)])
    (checkpoint,) = collected.checkpoints
    assert checkpoint.model == "my-run"
    assert checkpoint.sizes == {}
    assert scores(collected) == {("arc", "", "acc"): 0.31}


def _metric(name: str) -> Choice:
    return Choice(metric={"": name}, filter={}, shots={})


@pytest.mark.parametrize(
    ("changes", "model"),
    [
        ({"config": {"model_args": "pretrained=acme/a,dtype=float16"}}, "acme/a"),
        ({"config": {"model_args": {"pretrained": "acme/a"}}}, "acme/a"),
        ({"config": {"model_args": "pretrained=acme/a,peft=acme/lora"}}, "acme/a+acme/lora"),
        ({"config": {"model_args": "pretrained=acme/a,delta=acme/d"}}, "acme/a+acme/d"),
        ({"config": {"model_args": "pretrained=acme/a,peft=acme/a"}}, "acme/a"),
        ({"config": {"model_args": "pretrained=acme/a,peft="}}, "acme/a"),
        ({"config": {"model_args": "model=acme/b"}}, "acme/b"),
        ({"config": {}, "model_name": "acme/c"}, "acme/c"),
        ({"config": {}, "model_name": "", "model_source": "gguf"}, "my-run"),
        ({"config": {}, "model_name": "qzxvbnmw", "model_source": "vllm"}, "my-run"),
    ],
    ids=[
        "arguments as text",
        "arguments as a mapping",
        "an adapter",
        "a delta of weights",
        "the adapter itself",
        "no adapter",
        "a hosted model",
        "name of the run",
        "nothing but a folder",
        "letters that the harness made up",
    ],
)
def test_a_model_is_named_by_its_weights_and_what_is_put_on_them(
    tmp_path: Path, changes: dict[str, Any], model: str
) -> None:
    collected = collect([write(tmp_path / "my-run" / "results_x.json", results(**changes))])
    assert [c.model for c in collected.checkpoints] == [model]


@pytest.mark.parametrize(
    ("config", "revision"),
    [
        ({"model_args": "pretrained=acme/a,revision=step1000"}, 1000.0),
        ({"model_args": "pretrained=acme/a", "model_revision": "step2000"}, 2000.0),
        ({"model_args": "pretrained=acme/a,revision=main"}, None),
    ],
)
def test_a_revision_is_the_step_of_a_checkpoint_and_main_is_none(
    tmp_path: Path, config: dict[str, Any], revision: float | None
) -> None:
    collected = collect([write(tmp_path / "results_x.json", results(config=config))])
    (checkpoint,) = collected.checkpoints
    assert checkpoint.sizes.get("step") == revision


def test_version_0_4_0_tells_groups_by_indentation_only(tmp_path: Path) -> None:
    tasks = {
        "mmlu": {"alias": "mmlu", "acc,none": 0.3},
        "mmlu_stem": {"alias": " - stem", "acc,none": 0.31},
        "mmlu_physics": {"alias": "  - physics", "acc,none": 0.32},
        "mmlu_law": {"alias": " - law", "acc,none": 0.33},
        "arc": {"alias": "arc", "acc,none": 0.4},
    }
    groups = {name: tasks[name] for name in ("mmlu", "mmlu_stem")}
    collected = collect([write(tmp_path / "results.json", results(results=tasks, groups=groups))])
    assert scores(collected) == {
        ("mmlu", "", "acc"): 0.3,
        ("mmlu", "physics", "acc"): 0.32,
        ("mmlu", "law", "acc"): 0.33,
        ("arc", "", "acc"): 0.4,
    }


def test_a_group_of_groups_has_the_shots_of_its_tasks(tmp_path: Path) -> None:
    tasks = {name: {"acc,none": 0.3} for name in ("mmlu", "mmlu_stem", "mmlu_stem_law")}
    groups = {"mmlu": ["mmlu_stem"], "mmlu_stem": ["mmlu_stem_law"]}
    content = results(results=tasks, group_subtasks=groups, **{"n-shot": {"mmlu_stem_law": 5}})
    collected = collect([write(tmp_path / "r.json", content)])
    assert {p.score.shots for p in collected.placed} == {5}


def test_a_question_asked_twice_is_two_items(tmp_path: Path) -> None:
    row = {"doc_hash": "ab" * 32, "filtered_resps": [], "filter": "none", "metrics": ["acc"]}
    path = tmp_path / "acme__a" / "samples_arc_2026-01-01T00-00-00.0.jsonl"
    lines = (json.dumps(row | {"doc_id": i, "acc": i}) + "\n" for i in (0, 1))
    path.parent.mkdir()
    path.write_text("".join(lines))
    assert answers(collect([path])) == {(0, "ab" * 8): 0.0, (0, "ab" * 8 + "-2"): 1.0}


def test_samples_are_not_read_unless_asked_for_whatever_their_name(tmp_path: Path) -> None:
    write(tmp_path / "results.json", results())
    write(tmp_path / "a_arc.jsonl", [{"doc_id": 3, "filtered_resps": [], "acc": 1.0}])
    assert not answers(collect([tmp_path]))
    assert len(answers(collect([tmp_path], samples=True))) == 1


@pytest.mark.parametrize("choice", [{"": "nonsense"}, {"piqa": "acc"}])
def test_a_metric_or_task_that_is_nowhere_is_refused(
    tmp_path: Path, choice: dict[str, str]
) -> None:
    path = write(tmp_path / "r.json", results())
    with pytest.raises(RecordError, match="metric"):
        collect([path], choice=Choice(metric=choice, filter={}, shots={}))


@pytest.mark.parametrize("suffix", ["", ",none"])
def test_a_standard_error_is_no_metric_that_could_be_taken(tmp_path: Path, suffix: str) -> None:
    task = {f"acc_stderr{suffix}": 0.01}
    with pytest.raises(RecordError, match="without a score"):
        collect([write(tmp_path / "r.json", results(results={"arc": task}))])


def test_results_of_several_versions_of_the_harness_are_warned_of(tmp_path: Path) -> None:
    for i, version in enumerate(["0.4.9", "0.4.3", "0.4.9", None]):
        content = results(model_name=f"acme/a-{i + 1}b")
        content |= {"lm_eval_version": version} if version else {}
        write(tmp_path / f"r{i}.json", content)
    (warning,) = collect([tmp_path]).warnings
    assert "lm-eval 0.4.3 (1 file), lm-eval 0.4.9 (2 files)" in str(warning)
    assert not collect([tmp_path], exclude=["r1.json"]).warnings


def test_of_each_question_the_newest_answer_is_kept(tmp_path: Path) -> None:
    row = {"doc_id": 0, "filtered_resps": [], "filter": "none", "metrics": ["acc"]}
    folder = tmp_path / "acme__a"
    folder.mkdir()
    for day, asked, score in (("02", "ac", 1.0), ("01", "abc", 0.0)):
        lines = (json.dumps(row | {"doc_hash": name * 64, "acc": score}) + "\n" for name in asked)
        (folder / f"samples_arc_2026-01-{day}T00-00-00.0.jsonl").write_text("".join(lines))
    collected = collect([tmp_path], samples=True)
    assert answers(collected) == {(0, "a" * 16): 1.0, (0, "b" * 16): 0.0, (0, "c" * 16): 1.0}
    assert "2 older evaluations of" in " ".join(map(str, collected.notes))
    rows = as_rows(collected)
    assert list(rows.text("task")) == ["a" * 16, "b" * 16, "c" * 16]
    assert rows.number("score").tolist() == [1.0, 0.0, 1.0]
    assert rows.number("n_items").tolist() == [1.0, 1.0, 1.0]
    assert [rows.where(i)[-6:] for i in range(3)] == ["line 1", "line 2", "line 2"]
    assert ["01T" in rows.where(i) for i in range(3)] == [False, True, False]


def test_questions_of_subtasks_stand_for_their_scores_under_the_name_of_each(
    tmp_path: Path,
) -> None:
    tasks = {name: {"acc,none": 0.3} for name in ("mmlu", "mmlu_law", "mmlu_bio", "arc")}
    content = results(results=tasks, group_subtasks={"mmlu": ["mmlu_law", "mmlu_bio"]})
    folder = tmp_path / "acme__a-190m"
    write(folder / "results_2026-01-01T00-00-00.0.json", content)
    for task, name in (("mmlu_law", "a"), ("mmlu_bio", "a"), ("arc", "f")):
        row = {"doc_id": 0, "doc_hash": name * 64, "filtered_resps": [], "acc": 1.0}
        write(folder / f"samples_{task}_2026-01-01T00-00-00.0.jsonl", row)
    collected = collect([tmp_path], samples=True)
    rows = as_rows(collected)
    named = [
        (str(b), str(t)) for b, t in zip(rows.text("benchmark"), rows.text("task"), strict=True)
    ]
    assert [pair for pair in named if pair[1] != "nan"] == [
        ("arc", "f" * 16),
        ("mmlu", "bio/" + "a" * 16),
        ("mmlu", "law/" + "a" * 16),
    ]
    assert collected.left_out["a subtask's score, whose questions are read themselves"] == 2
