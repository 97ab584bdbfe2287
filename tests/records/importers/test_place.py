"""Which files are one checkpoint, which checkpoints one model, and what the ladder may not hide."""

import json
from pathlib import Path

import pytest

from scalepredict.errors import RecordError
from scalepredict.records.importers.collect import Collected, collect
from scalepredict.records.importers.harness.interface import ImportedScore, Subject
from scalepredict.records.importers.place import place
from scalepredict.records.importers.sidecar import Ladder, read_ladder
from scalepredict.records.importers.skeleton import ladder_skeleton


def write(folder: Path, label: str, **config: object) -> None:
    content = {
        "results": {"arc": {"acc,none": 0.5}},
        "versions": {},
        "config": {"model_args": f"pretrained={label}", **config},
    }
    number = len(list(folder.iterdir()))
    (folder / f"r{number}.json").write_text(json.dumps(content))


def ladder(tmp_path: Path, text: str) -> Ladder:
    path = tmp_path.parent / f"{tmp_path.name}.yaml"
    path.write_text(text)
    return read_ladder(path)


def runs(collected: Collected) -> list[tuple[str, float | None, float | None]]:
    return [(c.model, c.sizes.get("step"), c.sizes.get("tokens")) for c in collected.checkpoints]


@pytest.mark.parametrize(
    "pattern", ["{}@step{}", "out/{}/checkpoint-{}", "out/{}/step{}-unsharded-hf"]
)
def test_the_steps_of_a_run_are_checkpoints_of_one_model(tmp_path: Path, pattern: str) -> None:
    for step in (100, 200):
        write(tmp_path, pattern.format("run-190m", step))
    rules = ladder(tmp_path, "defaults: {tokens_per_step: 2M}\n")
    collected = collect([tmp_path], ladder=rules)
    run = pattern.partition("{}")[0] + "run-190m"
    assert runs(collected) == [(run, 100.0, 2e8), (run, 200.0, 4e8)]


def test_seeds_after_the_step_stay_apart(tmp_path: Path) -> None:
    for seed in (1, 2):
        write(tmp_path, f"run-190m-step100-seed{seed}")
    assert len(collect([tmp_path]).placed) == 2


def test_two_models_that_a_ladder_gives_one_name_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "a-70m", model_num_parameters=70_000_000)
    write(tmp_path, "a-1b", model_num_parameters=1_000_000_000)
    rules = ladder(tmp_path, "models:\n- {match: 'a-*', name: a}\n")
    with pytest.raises(RecordError, match=r"params: 70M \(a-70m\) and 1B \(a-1b\)"):
        collect([tmp_path], ladder=rules)


def test_a_stated_size_goes_before_a_guess_of_any_other_file(tmp_path: Path) -> None:
    write(tmp_path, "a-1b,revision=step10")
    write(tmp_path, "a-1b,revision=step10", model_num_parameters=1_180_000_000)
    write(tmp_path, "a-1b,revision=step20")
    sizes = [c.sizes["params"] for c in collect([tmp_path]).checkpoints]
    assert sizes == [1.18e9, 1.18e9]


def test_one_token_count_for_many_steps_is_warned_of(tmp_path: Path) -> None:
    for step in (10, 20):
        write(tmp_path, f"a-1b,revision=step{step}")
    rules = ladder(tmp_path, "models:\n- {match: 'a-1b', tokens: 2B}\n")
    assert "2 steps that all saw 2B tokens" in str(collect([tmp_path], ladder=rules).warnings[0])


def test_an_entry_of_the_ladder_that_matches_nothing_is_told(tmp_path: Path) -> None:
    write(tmp_path, "a-1b")
    rules = ladder(tmp_path, "models:\n- {match: 'a-*'}\n- {match: 'b-*'}\n")
    assert tuple(map(str, collect([tmp_path], ladder=rules).warnings)) == (
        "ladder: 'b-*' is the first match of no model.",
    )


def test_the_skeleton_is_valid_as_written_and_gives_every_model_its_own_sizes(
    tmp_path: Path,
) -> None:
    sizes = {"a-1b": 1_012_345_678, "a-1b-deduped": 1_100_000_000, 'a"[x]*: 1': 2_000_000_000}
    for label, params in sizes.items():
        write(tmp_path, label, model_num_parameters=params)
    rules = ladder(tmp_path, ladder_skeleton(collect([tmp_path])))
    found = {c.model: c.sizes["params"] for c in collect([tmp_path], ladder=rules).checkpoints}
    assert found == sizes


def test_guesses_in_the_skeleton_are_marked(tmp_path: Path) -> None:
    write(tmp_path, "a-1b,revision=tokens45B")
    lines = ladder_skeleton(collect([tmp_path])).splitlines()
    assert [line for line in lines if "GUESS from" in line] == [
        "    params: 1B   # GUESS from the name",
        "    tokens: 45B   # GUESS from the name",
    ]


def score(subject: Subject, source: str) -> ImportedScore:
    return ImportedScore(subject=subject, benchmark="b", metric="acc", score=0.5, source=source)


def test_what_one_file_states_completes_what_another_only_suggests() -> None:
    bare = score(Subject(label="run-190m", step=100.0), "a.json")
    full = score(Subject(label="run-190m", step=100.0, params=187e6, loss=2.5), "b.json")
    checkpoints, placed, _ = place([bare, full], {}, Ladder())
    (one,) = checkpoints
    assert (one.sizes["params"], one.origin["params"], one.loss) == (187e6, "file", 2.5)
    assert [p.checkpoint for p in placed] == [0, 0]


def test_facts_of_a_run_fill_what_its_scores_leave_open() -> None:
    facts = {"run": Subject(label="run", family="f", params=1e9, tokens=2e9, loss=3.0)}
    (one,), _, _ = place([score(Subject(label="run", tokens=5e9), "a.json")], facts, Ladder())
    assert (one.family, one.sizes["params"], one.sizes["tokens"]) == ("f", 1e9, 5e9)
    assert one.loss == 3.0


def test_all_checkpoints_of_a_run_have_the_size_that_one_of_them_states() -> None:
    stated = score(Subject(label="run", step=100.0, params=1e9), "a.json")
    silent = score(Subject(label="run", step=200.0), "b.json")
    checkpoints, placed, _ = place([stated, silent], {}, Ladder())
    assert [c.sizes["params"] for c in checkpoints] == [1e9, 1e9]
    assert checkpoints[1].origin["params"] == "files of its other checkpoints"
    assert [p.checkpoint for p in placed] == [0, 1]
