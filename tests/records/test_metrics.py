"""A metric has a direction, a range, a unit and a scale, wherever it comes from."""

import math

import pytest

from scalepredict.errors import ConfigError
from scalepredict.records.metrics import Metric, metrics_from, shipped_metrics, told
from scalepredict.records.text.yaml_text import parse_yaml


@pytest.mark.parametrize(
    ("name", "direction", "unit", "scale", "kind"),
    [
        ("acc_norm", "higher", "fraction", "linear", "choice"),
        ("acc_norm,none", "higher", "fraction", "linear", "choice"),
        ("linear_probe_acc1", "higher", "fraction", "linear", "choice"),
        ("Accuracy", "higher", "fraction", "linear", "choice"),
        ("exact_match,strict-match", "higher", "fraction", "linear", "exact"),
        ("HasAns_exact", "higher", "fraction", "linear", "exact"),
        ("pass@10", "higher", "fraction", "linear", "exact"),
        ("rougeLsum", "higher", "fraction", "linear", "overlap"),
        ("ndcg_at_10", "higher", "fraction", "linear", "overlap"),
        ("mcc", "higher", "mcc", "linear", "correlation"),
        ("loss", "lower", "nats", "linear", "loss"),
        ("bits-per-byte", "lower", "bits", "linear", "loss"),
        ("word_perplexity", "lower", "perplexity", "log", "perplexity"),
        ("brier_score", "lower", "brier_score", "linear", "error"),
        ("elo", "higher", "elo", "linear", "rating"),
        ("", "higher", "fraction", "linear", "choice"),
        ("main_score", "higher", "fraction", "linear", "unknown"),
    ],
)
def test_shipped_metrics_are_found(
    name: str, direction: str, unit: str, scale: str, kind: str
) -> None:
    metric = shipped_metrics().find(name)
    assert (metric.direction, metric.unit, metric.scale, metric.kind) == (
        direction,
        unit,
        scale,
        kind,
    )
    assert metric.name == (name or "score")


@pytest.mark.parametrize(
    ("column", "benchmark", "metric"),
    [
        ("wikitext_bpb", "wikitext", "bpb"),
        ("wikitext/word_perplexity", "wikitext", "word_perplexity"),
        ("lambada ppl", "lambada", "ppl"),
        ("perplexity", "perplexity", "perplexity"),
        ("Arena-Elo", "Arena", "elo"),
        ("c4 bits per byte", "c4", "bits_per_byte"),
    ],
)
def test_a_column_names_its_metric(column: str, benchmark: str, metric: str) -> None:
    found = shipped_metrics().ending(column)
    assert found is not None
    assert (found[0], found[1].name) == (benchmark, metric)


@pytest.mark.parametrize("column", ["hellaswag", "arc_easy", "wer_quiz_x", "acc", "mmlu_loss_law"])
def test_names_of_benchmarks_are_no_metrics(column: str) -> None:
    assert shipped_metrics().ending(column) is None


def test_a_user_s_metric_goes_first() -> None:
    mine = metrics_from(
        parse_yaml("metrics: {acc: {direction: lower, names: ['my_*']}}", "mine.yaml")
    )
    both = shipped_metrics().overridden(mine)
    assert both.find("acc").direction == "lower"
    assert both.find("my_acc").direction == "lower"
    assert both.find("acc_norm").direction == "higher"


def test_a_harness_tells_the_direction() -> None:
    metric = Metric(name="refusals")
    assert told(metric, None) is metric
    assert told(metric, False).direction == "lower"
    assert not told(metric, False).is_fraction


def test_no_bound_is_inf() -> None:
    assert math.isinf(shipped_metrics().find("loss").upper)
    assert math.isinf(shipped_metrics().find("elo").lower)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("metrics: {a: {lower: 1, upper: 0}}", "m.yaml:1:14: a lies between 1 and 0"),
        ("metrics: {a: {direction: up}}", "direction: should be 'higher' or 'lower'"),
        ("metrics: {a: {dir: lower}}", "unknown key"),
        ("metrics: {a: {names: [b]}, b: {}}", "share the name 'b'"),
    ],
)
def test_mistakes_are_named(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message.replace("(", r"\(")):
        metrics_from(parse_yaml(text, "m.yaml"))
