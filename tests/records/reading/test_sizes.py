"""Sizes of every kind are read; what all models share can be said once; seeds are runs."""

from pathlib import Path

import numpy as np
import pytest

from scalepredict.errors import RecordError
from scalepredict.records.importers.harness.interface import Subject
from scalepredict.records.importers.sidecar import read_ladder, resolve
from scalepredict.records.reading.read import Reading, read_records


def read(tmp_path: Path, text: str, *, tokens: float | None = None) -> Reading:
    path = tmp_path / "r.csv"
    path.write_text(text, encoding="utf-8")
    return read_records([path], tokens=tokens)


def test_the_active_parameters_of_a_mixture_compute(tmp_path: Path) -> None:
    text = "model,total_params,active_params,tokens,piqa\na,480M,60M,200B,0.6\n"
    (checkpoint,) = read(tmp_path, text).table.checkpoints
    assert checkpoint.params == 480e6
    assert checkpoint.params_active == 60e6
    assert checkpoint.flops == pytest.approx(7.2e19)


def test_parameters_without_embeddings_stand_beside_all_of_them(tmp_path: Path) -> None:
    text = "model,params,params_non_embedding,tokens,piqa\na,60M,42M,200B,0.6\n"
    (checkpoint,) = read(tmp_path, text).table.checkpoints
    assert (checkpoint.params, checkpoint.params_non_embedding) == (60e6, 42e6)
    assert checkpoint.flops == pytest.approx(7.2e19)


def test_parameters_without_embeddings_alone_are_taken_and_said(tmp_path: Path) -> None:
    reading = read(tmp_path, "model,params_non_embedding,tokens,piqa\na,42M,200B,0.6\n")
    assert reading.table.params.tolist() == [42e6]
    assert "without embeddings" in "\n".join(map(str, reading.report.notes()))


def test_params_alone_are_enough_where_all_saw_the_same_data(tmp_path: Path) -> None:
    text = "model,params,tokens,piqa\na,1B,,0.6\nb,2B,,0.7\nc,3B,5B,0.7\n"
    reading = read(tmp_path, text, tokens=1e12)
    assert reading.table.tokens.tolist() == [1e12, 1e12, 5e9]
    assert "tokens of 2 checkpoints as --tokens says" in "\n".join(map(str, reading.report.notes()))


def test_checkpoints_of_a_run_did_not_see_the_same_data(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"line 2: --tokens 1T says .* but a has a step"):
        read(tmp_path, "model,params,step,piqa\na,1B,100,0.6\n", tokens=1e12)


def test_flops_alone_are_a_scale(tmp_path: Path) -> None:
    reading = read(tmp_path, "model,flops,piqa\na,1.2e20,0.6\nb,1.2e22,0.7\n")
    assert reading.table.params == pytest.approx([1e9, 1e10])
    assert reading.table.tokens == pytest.approx([2e10, 2e11])
    assert "20 tokens per parameter assumed" in "\n".join(map(str, reading.report.notes()))


def test_flops_of_one_model_of_a_sized_family_are_no_track(tmp_path: Path) -> None:
    reading = read(tmp_path, "model,params,tokens,flops,piqa\na,1B,20B,,0.6\nb,,,1e22,0.7\n")
    assert np.isnan(reading.table.params).tolist() == [False, True]


def test_each_seed_is_a_run_of_its_own(tmp_path: Path) -> None:
    rows = "".join(
        f"{model},{seed},{params},20B,{score}\n"
        for model, params, scores in (("a", "1B", (0.6, 0.61)), ("b", "2B", (0.7,)))
        for seed, score in enumerate(scores)
    )
    reading = read(tmp_path, "model,seed,params,tokens,piqa\n" + rows)
    assert [c.model for c in reading.table.checkpoints] == ["a, seed 0", "a, seed 1", "b"]
    assert [c.seed for c in reading.table.checkpoints] == [0, 1, 0]
    assert reading.table.scores.ravel().tolist() == [0.6, 0.61, 0.7]
    assert "1 model has several seeds, each a run of its own: a." in map(
        str, reading.report.notes()
    )


@pytest.mark.parametrize(
    ("column", "value", "advice"),
    [
        ("params", "0.06", "params (B)"),
        ("tokens", "200", "tokens (B)"),
        ("params_active", "0.5", "params (B)"),
        ("n_items", "0.5", "whole number"),
        ("flops", "5", "flops (1e21)"),
    ],
)
def test_a_size_that_cannot_be_is_refused(
    tmp_path: Path, column: str, value: str, advice: str
) -> None:
    row = {"model": "a", "params": "1B", "tokens": "20B", "benchmark": "piqa", "score": "0.6"}
    row[column] = value
    with pytest.raises(RecordError, match="line 2:") as caught:
        read(tmp_path, ",".join(row) + "\n" + ",".join(row.values()) + "\n")
    assert advice in str(caught.value)
    assert f"{column} {value}" in str(caught.value)


def test_defaults_of_a_ladder_take_every_key_of_an_entry(tmp_path: Path) -> None:
    path = tmp_path / "ladder.yaml"
    path.write_text(
        "defaults: {tokens: 180B, lab: acme, kind: base, unique_tokens: 90B}\nmodels:\n"
        "- {match: big, params: 7B}\n- {match: run, params: 1B, tokens_from: step, "
        "tokens_per_step: 2M}\n",
        encoding="utf-8",
    )
    ladder = read_ladder(path)
    big = resolve(Subject(label="big"), "x.json", ladder)
    run = resolve(Subject(label="run", step=1000), "x.json", ladder)
    other = resolve(Subject(label="other"), "x.json", ladder)
    assert (big.sizes["params"], big.sizes["tokens"], big.lab) == (7e9, 180e9, "acme")
    assert (run.sizes["tokens"], run.sizes["unique_tokens"]) == (2e9, 90e9)
    assert (other.sizes, other.kind) == ({"tokens": 180e9, "unique_tokens": 90e9}, "base")


def test_a_benchmark_near_a_shipped_name_is_named(tmp_path: Path) -> None:
    reading = read(tmp_path, "model,params,tokens,arc_chalenge\na,1B,20B,0.5\n")
    assert "Near a shipped name: arc_chalenge (arc_challenge)." in "\n".join(
        map(str, reading.report.notes())
    )


@pytest.mark.parametrize("column", ["n_items", "trials"])
def test_a_fraction_of_a_question_is_refused(tmp_path: Path, column: str) -> None:
    path = tmp_path / "r.csv"
    rest = ",successes" if column == "trials" else ""
    extra = ",40" if column == "trials" else ""
    path.write_text(
        f"model,params,tokens,benchmark,score,{column}{rest}\nm,1B,20B,arc,,100.5{extra}\n"
        f"n,2B,20B,arc,0.5,100{',50' if extra else ''}\n"
    )
    with pytest.raises(RecordError, match=f"line 2: {column} 100.5 has a fraction"):
        read_records([path])
