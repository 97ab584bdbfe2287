"""COD on worlds whose truth is known, and on evidence that it must refuse or mend."""

import json
from dataclasses import replace

import numpy as np
import pytest

from scalepredict.errors import RefusedError
from scalepredict.evaluation.questions.item_simulator import (
    EASY,
    FLOPS,
    MID,
    ItemWorld,
    SimulatedItems,
    simulate_items,
)
from scalepredict.predictors.cod.cluster_fit import ClusterFit, fit_clusters
from scalepredict.predictors.cod.clustering import Clustering
from scalepredict.predictors.cod.cod import ClusteringOnDifficulty, ClusteringOnDifficultyLaw
from scalepredict.predictors.cod.difficulty import read_difficulty
from scalepredict.predictors.fit_families import fit_families
from scalepredict.predictors.interface import Targets, named_streams
from scalepredict.predictors.store.json_codec import decode, encode
from scalepredict.records.table import EvalTable, Floats

QUICK = ClusteringOnDifficulty(n_resamples=40)
SMALL = list(range(8))
TARGET = 9


def world(kind: ItemWorld = MID, seed: int = 0, **changes: int) -> SimulatedItems:
    return simulate_items(replace(kind, **changes), rng=np.random.default_rng(seed))


def fitted(table: EvalTable) -> ClusteringOnDifficultyLaw:
    return QUICK.fit(table, rng=np.random.default_rng(1))


def at_target(law: ClusteringOnDifficultyLaw, items: SimulatedItems) -> tuple[float, float]:
    targets = Targets.of_table(items.table.take_rows([TARGET]))
    forecast = law.forecast(targets)
    return float(forecast.point[0, 0]), float(forecast.model_variance[0, 0]) ** 0.5


@pytest.mark.parametrize("kind", [EASY, MID])
def test_clusters_reach_27_times_the_compute_within_two_points(kind: ItemWorld) -> None:
    """The last score is 6 to 13 points off; the error's sd is below one point."""
    items = world(kind)
    law = fitted(items.table.take_rows(SMALL))
    point, sd = at_target(law, items)
    assert law.benchmarks[0].clusters is not None
    assert point == pytest.approx(items.truth[TARGET].mean(), abs=0.02)
    assert 0.002 < sd < 0.03


def test_the_order_of_models_and_questions_changes_nothing() -> None:
    items = world(n_questions=200)
    table = items.table.take_rows(SMALL)
    rng = np.random.default_rng(5)
    shuffled = table.take_rows(rng.permutation(len(SMALL))).take_units(
        rng.permutation(len(table.units)).tolist()
    )
    assert at_target(fitted(shuffled), items) == pytest.approx(at_target(fitted(table), items))


def test_the_order_of_families_and_benchmarks_changes_no_draw() -> None:
    first, last = (
        {name: stream.random() for name, stream in named_streams(names, rng).items()}
        for names, rng in (
            (("mmlu", "arc"), np.random.default_rng(0)),
            (("arc", "mmlu"), np.random.default_rng(0)),
        )
    )
    assert first == last
    assert len(set(first.values())) == 2


@pytest.mark.parametrize("kind", [EASY, MID])
def test_one_answer_each_is_forecast_by_item_response_which_is_said(kind: ItemWorld) -> None:
    items = world(kind, seed=3, trials=1)
    law = fitted(items.table.take_rows(SMALL))
    point, sd = at_target(law, items)
    assert point == pytest.approx(items.truth[TARGET].mean(), abs=0.04)
    assert 0.005 < sd < 0.06
    assert "item response" in str(law.notes()[0])
    assert "1 graded answer each" in str(law.notes()[0])


def test_without_trials_zeros_and_ones_count_as_one_answer() -> None:
    items = world(n_questions=300, trials=1)
    table = items.table.take_rows(SMALL)
    unknown = replace(table, n_items=np.full_like(table.n_items, np.nan))
    law = fitted(unknown)
    assert "one answer each assumed" in str(law.notes()[0])
    assert at_target(law, items)[0] == pytest.approx(at_target(fitted(table), items)[0], abs=1e-9)


def test_an_anchor_only_bends_the_map() -> None:
    items = world()
    family = items.table.take_rows(SMALL)
    plain = fitted(family).benchmarks[0].clusters
    anchored = fit_families(
        family, QUICK, anchors=items.table.take_rows([8]), rng=np.random.default_rng(1)
    )
    law = anchored.groups[0].law
    assert isinstance(law, ClusteringOnDifficultyLaw)
    assert law.frontier.max_flops == FLOPS[7]
    clusters = law.benchmarks[0].clusters
    assert plain is not None
    assert clusters is not None
    assert clusters.part.shape[1] == plain.part.shape[1] + 1
    assert clusters.whole[0, -1] == pytest.approx(items.table.scores[8].mean())


def test_a_stored_law_forecasts_to_the_bit() -> None:
    items = world(n_questions=300)
    law = fitted(items.table.take_rows(SMALL))
    kind = ClusteringOnDifficultyLaw
    again = decode(encode(law, kind), kind, where="law")
    assert at_target(again, items) == at_target(law, items)
    assert at_target(fitted(items.table.take_rows(SMALL)), items) == at_target(law, items)


def test_a_resampled_number_takes_six_bytes_of_a_fit_file() -> None:
    law = fitted(world(n_questions=300).table.take_rows(SMALL))
    clusters = law.benchmarks[0].clusters
    assert clusters is not None
    stored = encode(clusters, ClusterFit)
    for name in ("drawn", "resampled"):
        assert len(json.dumps(stored[name])) < 6 * getattr(clusters, name).size


def test_the_order_of_the_models_does_not_matter() -> None:
    items = world(n_questions=300)
    table = items.table.take_rows(SMALL)
    shuffled = table.take_rows([5, 0, 7, 2, 6, 1, 4, 3])
    assert at_target(fitted(shuffled), items) == at_target(fitted(table), items)


def test_the_fixed_questions_are_no_error_of_the_level() -> None:
    """Another draw of 1319 questions would move the score by 1 point; these are the ones asked."""
    items = world()
    law = fitted(items.table.take_rows(SMALL))
    _, variance = law.benchmarks[0].forecast(FLOPS[7:8])
    sampling = items.table.scores[7].std() / np.sqrt(1319)
    assert variance[0] ** 0.5 < 0.25 * sampling


def test_clusters_of_luck_are_fitted_to_answers_that_did_not_make_them() -> None:
    """All questions are alike, so clusters are noise: the other half's means miss by chance alone.

    The root mean square of their standard scores is 1 with an error below 0.2; of the half that
    made the clusters it is above 2.
    """
    rng = np.random.default_rng(4)
    truth = np.linspace(0.1, 0.7, 8)
    passed = rng.binomial(40, np.tile(truth[:, None], 600))
    table = world(n_questions=600).table.take_rows(SMALL)
    table = replace(table, scores=passed / 40, n_items=np.full(passed.shape, 40.0))
    fit = fit_clusters(read_difficulty(table, "simulated"), Clustering(), n_resamples=0, rng=rng)
    assert fit is not None
    assert fit.split
    error = np.sqrt(truth * (1 - truth) / (20 * fit.sizes[:, None]))
    assert np.sqrt((((fit.means - truth) / error) ** 2).mean()) < 1.4


def test_models_that_differ_by_more_than_compute_widen_the_forecast() -> None:
    noisy = simulate_items(replace(MID, model_noise=0.3), rng=np.random.default_rng(0))
    quiet, loud = (fitted(items.table.take_rows(SMALL)) for items in (world(), noisy))
    assert loud.benchmarks[0].overdispersion > 5 * quiet.benchmarks[0].overdispersion
    assert at_target(loud, noisy)[1] > 1.5 * at_target(quiet, world())[1]


def with_hole(table: EvalTable, row: int, column: int) -> EvalTable:
    scores = table.scores.copy()
    scores[row, column] = np.nan
    return table.with_scores(scores)


def test_a_question_that_one_model_lacks_is_left_out_and_counted() -> None:
    items = world(n_questions=300)
    law = fitted(with_hole(items.table.take_rows(SMALL), 2, 7))
    assert "1 of 300 questions left out" in str(law.notes()[0])
    assert law.notes()[0].text.endswith("answered them: q00007.")
    assert "q00007" not in law.benchmarks[0].questions


def test_a_model_with_other_question_ids_is_left_out_and_counted() -> None:
    table = world(n_questions=300).table.take_rows(SMALL)
    half = _other_ids(table, rows=[3])
    law = fitted(half)
    assert "1 of 8 models left out" in str(law.notes()[0])
    assert law.notes()[0].text.endswith(f"share: {table.checkpoints[3].model}.")


def test_models_without_common_question_ids_are_refused() -> None:
    table = world(n_questions=60).table.take_rows(SMALL)
    for row in SMALL:
        table = _other_ids(table, rows=[row])
    with pytest.raises(RefusedError, match="must be the same for all models"):
        fitted(table)


def test_the_sentence_tells_why_no_question_is_common() -> None:
    table = world(n_questions=60).table.take_rows(SMALL)
    scattered = table.scores.copy()
    scattered[np.arange(60) % 8, np.arange(60)] = np.nan  # each question lacks one model
    with pytest.raises(RefusedError, match="no question was answered by all 8 models"):
        fitted(table.with_scores(scattered))
    halves = table.scores.copy()
    halves[2::2, ::2], halves[3::2, 1::2] = np.nan, np.nan  # all but two models answered half
    with pytest.raises(RefusedError, match="2 models answered 80% of the 60 questions that half"):
        fitted(table.with_scores(halves))


def _other_ids(table: EvalTable, *, rows: list[int]) -> EvalTable:
    # The chosen rows answered the same questions under other names.
    renamed = tuple(replace(unit, task=f"{unit.task}-{rows[0]}") for unit in table.units)
    here, there = table.scores.copy(), np.full_like(table.scores, np.nan)
    there[rows], here[rows] = here[rows], np.nan

    def both(values: Floats) -> Floats:
        return np.hstack([values, values])

    return EvalTable(
        checkpoints=table.checkpoints,
        units=table.units + renamed,
        scores=np.hstack([here, there]),
        n_items=both(table.n_items),
        stderr=both(table.stderr),
        task_loss=both(table.task_loss),
    )


@pytest.mark.parametrize(
    ("rows", "questions", "fact"),
    [(SMALL, 5, "5 questions"), ([0], 100, "1 model"), ([0, 1], 100, "2 models")],
)
def test_too_little_is_refused_with_what_is_missing(
    rows: list[int], questions: int, fact: str
) -> None:
    with pytest.raises(RefusedError, match=f"cod on 'simulated': {fact}"):
        fitted(world(n_questions=questions).table.take_rows(rows))


def test_a_benchmark_that_nobody_solves_is_refused_beside_one_that_works() -> None:
    items = world(n_questions=300)
    table = items.table.take_rows(SMALL)
    unsolved = tuple(replace(unit, benchmark="unsolved") for unit in table.units)
    both = EvalTable(
        checkpoints=table.checkpoints,
        units=table.units + unsolved,
        scores=np.hstack([table.scores, np.zeros_like(table.scores)]),
        n_items=np.hstack([table.n_items] * 2),
        stderr=np.hstack([table.stderr] * 2),
        task_loss=np.hstack([table.task_loss] * 2),
    )
    law = fitted(both)
    forecast = law.forecast(Targets.of_table(items.table.take_rows([TARGET])))
    assert np.isfinite(forecast.point[0, 0])
    assert np.isnan(forecast.point[0, 1])
    assert "no model passed any of the 300 questions" in str(forecast.failures[1])
    assert not any("chance level" in str(note) for note in law.notes())  # 0 instead of 0 is no news


def test_a_total_score_alone_is_refused() -> None:
    table = world(n_questions=30).table.take_rows(SMALL).take_units([0])
    alone = replace(table, units=(replace(table.units[0], task=""),))
    with pytest.raises(RefusedError, match="only its total score"):
        fitted(alone)
