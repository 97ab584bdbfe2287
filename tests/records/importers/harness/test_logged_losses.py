"""Losses, bits per byte and active parameters of runs that a logger kept."""

from pathlib import Path

import pytest

from scalepredict.records.importers.collect import collect
from scalepredict.records.importers.harness.logged import Column, read_column, read_columns

HEADER = (
    "_step,throughput/total_tokens,eval/lm/c4_en-validation/CE loss,eval/lm/c4_en-validation/PPL,"
    "eval/downstream_bpb/arc_easy_bpb,eval/paloma/wikitext/bpb,train/CE loss,num_params,"
    "num_active_params"
)


@pytest.mark.parametrize(
    ("name", "benchmark", "metric"),
    [
        ("eval/lm/c4_en-validation/CE loss", "c4_en-validation", "loss"),
        ("eval/paloma/c4_en/bpb", "paloma/c4_en", "bpb"),
        ("validation/pile/cross_entropy_loss", "pile", "loss"),
        ("eval/paloma/macro_loss", "paloma", "loss"),
    ],
)
def test_losses_of_named_sets_are_benchmarks(name: str, benchmark: str, metric: str) -> None:
    assert read_column(name) == Column(benchmark=benchmark, metric=metric, shots=None)


def test_training_losses_and_perplexities_beside_losses_are_none() -> None:
    assert read_column("train/CE loss") is None
    assert read_column("eval/lm/c4_en-validation/PPL") is None


def test_the_loss_of_a_whole_validation_is_forecast_only_where_nothing_else_is() -> None:
    assert set(read_columns(["eval/loss", "eval/lm/c4/CE loss"])) == {"eval/lm/c4/CE loss"}
    assert read_columns(["_step", "val_bpb"]) == {
        "val_bpb": Column(benchmark="val", metric="bpb", shots=None)
    }


def test_a_history_keeps_losses_per_set_bits_per_byte_tokens_and_active_params(
    tmp_path: Path,
) -> None:
    (tmp_path / "run-a.csv").write_text(
        f"{HEADER}\n1000,6e9,3.1,22.2,1.2,0.9,3.2,8e9,1e9\n2000,12e9,2.9,18.2,1.1,0.85,3.0,8e9,1e9\n"
    )
    collected = collect([tmp_path / "run-a.csv"])
    found = {
        (placed.score.benchmark, placed.score.metric): placed.score.score
        for placed in collected.placed
        if placed.checkpoint == 1
    }
    assert found == {
        ("c4_en-validation", "loss"): 2.9,
        ("arc_easy", "bpb"): 1.1,
        ("paloma/wikitext", "bpb"): 0.85,
    }
    sizes = collected.checkpoints[1].sizes
    assert sizes["tokens"] == 12e9
    assert (sizes["params"], sizes["params_active"]) == (8e9, 1e9)
