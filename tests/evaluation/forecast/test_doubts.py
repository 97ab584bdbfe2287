"""What is said of single benchmarks before anybody believes a number."""

from dataclasses import replace

import numpy as np
import pytest

from scalepredict.evaluation.classes.classes import Kind, classify
from scalepredict.evaluation.forecast.doubts import aligned, benchmark_doubts
from scalepredict.predictors.interface import Frontier, Targets, make_forecast
from scalepredict.predictors.reference.fitted_reference import ReferenceUse
from scalepredict.records.metrics import shipped_metrics
from scalepredict.records.notes import Note
from scalepredict.records.table import Checkpoint, EvalTable, Floats, Unit, make_table

LOSS = Unit(benchmark="c4", metric="loss", measure=shipped_metrics().find("loss"))
RATING = Unit(benchmark="elo", metric="elo", measure=shipped_metrics().find("elo"))


def ladder(unit: Unit, scores: Floats, *, n_items: float = 5000.0) -> EvalTable:
    """Half a decade of FLOPs from model to model."""
    rows = [
        Checkpoint(model=f"m{i}", params=1e8, tokens=1e9, flops=6e17 * 10 ** (i / 2))
        for i in range(len(scores))
    ]
    column = np.asarray(scores, dtype=float)[:, None]
    return make_table(rows, [unit], column, n_items=np.full(column.shape, n_items))


def doubts(table: EvalTable, **more: object) -> dict[str, str]:
    (notes,) = benchmark_doubts(classify(table), (None,), **more)  # type: ignore[arg-type]
    assert {note.subject for note in notes} <= {table.units[0].shown}
    return {note.code: note.text for note in notes}


X = np.arange(8) / 2  # decades
ARC = Unit(benchmark="arc", chance=0.25)


@pytest.mark.parametrize(
    ("scores", "code", "words"),
    [
        (0.3 + 0.1 * X, None, ""),
        (0.25 + 0 * X, "at-chance", "not yet measurable"),
        (0.5 + 0 * X, "flat", "no trend to extrapolate"),
        (0.7 - 0.08 * X, "inverse", "falls with scale"),
        (0.96 + 0.005 * X, "saturated", "near its ceiling"),
        (0.5 + np.array([0.1, -0.1] * 4), "noisy", "x more than its questions explain"),
    ],
    ids=["rising", "at chance", "flat", "falling", "saturated", "noisy"],
)
def test_a_benchmark_is_doubted_by_its_class(scores: Floats, code: str | None, words: str) -> None:
    found = doubts(ladder(ARC, scores))
    assert list(found) == ([] if code is None else [code])
    assert words in found.get(code or "", "")


def test_what_is_too_noisy_to_be_told_from_chance_is_not_called_unmeasurable() -> None:
    noise = np.array([0.2, -0.1, 0.15, -0.12, 0.18, -0.1, 0.2, -0.05])
    table = ladder(ARC, 0.3 + noise, n_items=30.0)
    assert classify(table).kinds == (Kind.AT_CHANCE,)
    assert doubts(table)["at-chance"] == "too noisy to tell from chance"


def test_noise_beside_assumed_questions_says_that_they_are_assumed() -> None:
    noisy = 0.5 + np.array([0.1, -0.1] * 4)
    assert "than 1000 assumed questions" in doubts(ladder(ARC, noisy, n_items=np.nan))["noisy"]
    assert "than its questions" in doubts(ladder(ARC, noisy))["noisy"]


def test_a_jump_among_few_scores_may_be_a_bend() -> None:
    few = doubts(ladder(ARC, np.array([0.5, 0.3, 0.6, 0.5])))["noisy"]
    assert "as there are only 4 scores, a bend" in few
    many = doubts(ladder(ARC, 0.5 + np.array([0.1, -0.1] * 4)))["noisy"]
    assert "a bend" not in many


def test_a_benchmark_that_was_measured_less_than_others_says_so() -> None:
    """Of a ladder that is short altogether it is said once, of the whole."""
    wide = ladder(ARC, 0.3 + 0.1 * X)
    both = make_table(
        wide.checkpoints,
        [ARC, Unit(benchmark="rare", chance=0.25)],
        np.hstack([wide.scores, np.where(X < 2, np.nan, 0.1 + 0.1 * X)[:, None]]),
        n_items=np.full((8, 2), 5000.0),
    )
    arc, rare = benchmark_doubts(classify(both), (None, None))
    assert arc == ()
    assert [(note.subject, note.text) for note in rare if note.code == "few-scores"] == [
        ("rare", "measured on only 4 checkpoints")
    ]
    assert "few-scores" not in doubts(ladder(ARC, 0.3 + 0.1 * X[:4]))


def test_a_chance_level_that_nobody_told_is_a_doubt() -> None:
    untold = Unit(benchmark="new", chance_assumed=True)
    assert doubts(ladder(untold, 0.3 + 0.1 * X)) == {"chance-assumed": "chance level assumed 0"}


def test_a_refusal_stands_alone() -> None:
    classes = classify(ladder(replace(ARC, chance_assumed=True), 0.25 + 0 * X))
    ((note,),) = benchmark_doubts(classes, ("no scores beyond chance.",))
    assert (note.code, note.subject, note.text) == (
        "not-forecast",
        "arc",
        "no scores beyond chance.",
    )


@pytest.mark.parametrize(
    ("unit", "values", "code", "words"),
    [
        (LOSS, 4.0 - 0.3 * X, None, ""),
        (LOSS, 2.0 + 0.3 * X, "inverse", "rising with scale, and lower is better"),
        (RATING, 1000 - 100 * X, "inverse", "falling with scale, and higher is better"),
        (RATING, 1000 + 100 * X, None, ""),
        (LOSS, 3.0 + 0.0004 * np.array([1, -1] * 4), "flat", "no trend to extrapolate"),
        (LOSS, 3.0 + 0.3 * np.array([1, -1, 1, -1, -1, 1, -1, 1]), "noisy", "% around its line"),
    ],
    ids=["loss", "worse loss", "worse rating", "rating", "flat", "noisy"],
)
def test_what_is_no_fraction_is_doubted_by_its_own_direction(
    unit: Unit, values: Floats, code: str | None, words: str
) -> None:
    found = doubts(ladder(unit, values, n_items=np.nan))
    assert list(found) == ([] if code is None else [code])
    assert words in found.get(code or "", "")


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.29, None),
        (0.31, "about one third of this interval"),
        (0.5, "about half of"),
        (0.68, "about two thirds of"),
        (0.78, "about three quarters of"),
        (0.42, "about 42 % of"),
        (0.95, "about 95 % of"),
        (np.nan, None),
    ],
)
def test_what_an_unknown_asymptote_costs_is_said_from_a_third_on(
    share: float, words: str | None
) -> None:
    """Of several targets the one counts on which it costs most."""
    shares = np.array([[np.nan], [share], [0.1]])
    found = doubts(ladder(LOSS, 4.0 - 0.3 * X), share_of_asymptote=shares)
    assert list(found) == ([] if words is None else ["asymptote-unknown"])
    assert words is None or words in found["asymptote-unknown"]


def test_a_forecast_of_public_models_alone_says_so_before_all_else() -> None:
    classes = classify(ladder(ARC, 0.25 + 0 * X))

    def notes(weight: float) -> tuple[Note, ...]:
        use = ReferenceUse(labs=4, families=9, level_sd=0.1, weight=weight)
        (found,) = benchmark_doubts(classes, (None,), None, (use,))
        return found

    assert [note.code for note in notes(1.0)] == ["reference-only", "at-chance"]
    assert [note.code for note in notes(0.8)] == ["at-chance"]
    assert [note.code for note in benchmark_doubts(classes, (None,), None, (None,))[0]] == [
        "at-chance"
    ]


def test_a_forecast_is_put_into_the_order_of_the_evidence() -> None:
    """A law of many families knows benchmarks that this one was not measured on."""
    units = [Unit(benchmark=name) for name in ("a", "b", "c")]
    rows = [Checkpoint(model="m", params=1e8, tokens=1e9, flops=6e17)]
    everything = make_table(rows, units, np.array([[0.1, 0.2, 0.3]]))
    targets = Targets.of_table(everything)
    forecast = make_forecast(targets, Frontier.of_table(everything), everything.scores)
    found = aligned(forecast, everything.take_units([2, 0]))
    assert [unit.benchmark for unit in found.units] == ["c", "a"]
    assert found.point.tolist() == [[0.3, 0.1]]
