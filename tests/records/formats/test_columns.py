"""Headers: other names, units in brackets, wide tables, slips of the pen."""

import pytest

from scalepredict.errors import RecordError
from scalepredict.records.formats.columns import (
    is_setting,
    is_wide,
    misspelt,
    names_a_model,
    read_header,
    read_headers,
)


@pytest.mark.parametrize(
    ("text", "name", "factor"),
    [
        ("params", "params", 1.0),
        ("Model Size (B)", "params", 1e9),
        ("FLOPs (1E21)", "flops", 1e21),
        ("tokens [billions]", "tokens", 1e9),
        ("Accuracy (%)", "score", 0.01),
        ("num-fewshot", "shots", 1.0),
        ("loss (nats/token)", "loss", 1.0),
    ],
)
def test_a_known_column_has_its_name_and_the_factor_of_its_unit(
    text: str, name: str, factor: float
) -> None:
    header = read_header(f" {text} ")
    assert (header.text, header.name, header.known, header.factor) == (text, name, True, factor)


def test_a_benchmark_keeps_its_name_and_may_be_in_percent() -> None:
    plain, percent = read_header("MMLU"), read_header("MMLU (%)")
    assert (plain.known, plain.percent) == (False, False)
    assert (percent.name, percent.known, percent.percent) == ("MMLU", False, True)


def test_a_bare_name_stands_for_a_model_only_where_no_column_says_it() -> None:
    texts = ["name", "params", "tokens", "piqa"]
    assert read_headers("f", texts, percent=False)[0].name == "model"
    with_model = read_headers("f", ["model", "name", "params", "tokens", "piqa"], percent=False)
    assert [header.known for header in with_model] == [True, False, True, True, False]


def test_two_columns_of_one_meaning_are_refused() -> None:
    with pytest.raises(RecordError, match="'params' and 'n_params' mean the same"):
        read_headers("f", ["model", "params", "n_params", "tokens", "piqa"], percent=False)


def test_a_slip_is_refused_with_the_column_that_is_missing() -> None:
    texts = ["model", "parms", "tokens", "benchmark", "score"]
    with pytest.raises(RecordError, match="unknown column 'parms'; did you mean 'params'"):
        read_headers("f", texts, percent=False)
    assert misspelt("scroe", ["score", "model"]) == "score"
    assert misspelt("weather", ["score", "model"]) is None


def test_a_table_is_wide_where_columns_are_benchmarks() -> None:
    long = read_headers("f", ["model", "params", "tokens", "benchmark", "score"], percent=False)
    wide = read_headers("f", ["model", "params", "tokens", "piqa"], percent=False)
    assert (is_wide(long), is_wide(wide)) == (False, True)


@pytest.mark.parametrize("name", ["learning_rate", "batch_size", "n_layers", "git_sha", "seq_len"])
def test_settings_of_a_run_are_no_benchmarks(name: str) -> None:
    assert is_setting(name)


@pytest.mark.parametrize("name", ["piqa", "arc_easy", "hellaswag", "lambada", "date_understanding"])
def test_benchmarks_are_no_settings(name: str) -> None:
    assert not is_setting(name)


def test_a_header_is_known_by_the_column_of_models() -> None:
    assert names_a_model("Model")
    assert names_a_model(" model_name ")
    assert not names_a_model("piqa")


@pytest.mark.parametrize(
    "name",
    ["params", "params_active", "params_non_embedding", "tokens", "unique_tokens", "total_tokens"],
)
def test_every_size_of_a_model_is_a_count_in_any_unit(name: str) -> None:
    header = read_header(f"{name} (B)")
    assert (header.name, header.known, header.factor) == (name, True, 1e9)
