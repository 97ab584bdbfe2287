"""The report on clusters shows the forecast of the law beside those of other maps."""

from dataclasses import replace

import numpy as np
import pytest

from scalepredict.evaluation.questions.cluster_report import ClusterReport, report_clusters
from scalepredict.evaluation.questions.item_simulator import EASY, simulate_items
from scalepredict.predictors.cod.cod import ClusteringOnDifficulty
from scalepredict.predictors.interface import Targets

TARGETS = [9]


def test_the_line_of_the_report_is_the_forecast_of_the_law_and_all_maps_agree_nearly() -> None:
    items = simulate_items(EASY, rng=np.random.default_rng(0)).table
    small, method = items.take_rows(range(8)), ClusteringOnDifficulty(n_resamples=0)
    targets = Targets.of_table(items.take_rows(TARGETS))
    (benchmark,) = {unit.benchmark for unit in small.units}
    (report,) = report_clusters(
        small,
        method,
        family=small.families[0],
        benchmarks=[benchmark],
        target_flops=targets.flops,
        rng=np.random.default_rng(1),
    )
    law = method.fit(small, rng=np.random.default_rng(1))
    shown = [each.local_line for each in report.forecasts]
    assert shown == pytest.approx(law.forecast(targets).point[:, 0], abs=1e-12)
    for each in report.forecasts:
        assert each.monotone_cubic == pytest.approx(each.local_line, abs=0.03)
        assert each.spline == pytest.approx(each.local_line, abs=0.03)
        assert np.isnan(each.item_response)


def report(trials: int = 100, n_questions: int = 300, *, far: float = 3e21) -> ClusterReport:
    world = replace(EASY, n_questions=n_questions, trials=trials)
    items = simulate_items(world, rng=np.random.default_rng(2)).table
    (found,) = report_clusters(
        items.take_rows(range(8)),
        ClusteringOnDifficulty(n_resamples=0),
        family="simulated",
        benchmarks=["simulated"],
        target_flops=np.array([far]),
        rng=np.random.default_rng(1),
    )
    return found


def test_a_report_tells_its_models_its_clusters_and_how_they_did_on_the_largest_one() -> None:
    found = report()
    assert (found.family, found.benchmark, found.n_models, found.n_anchors) == (
        "simulated",
        "simulated",
        8,
        0,
    )
    assert found.clusters is not None
    assert found.clusters.sizes.sum() <= 300
    assert found.holdout is not None
    assert abs(found.holdout.whole_error) < 0.05
    assert found.trust in ("good", "low")
    assert (found.trust == "low") is bool(found.warnings)


def test_one_answer_to_each_question_is_forecast_without_clusters_and_not_trusted() -> None:
    found = report(trials=1)
    assert found.trust == "none"
    assert (found.clusters, found.holdout) == (None, None)
    (only,) = found.forecasts
    assert 0.3 < only.item_response < 1
    assert np.isnan([only.part, only.local_line, only.monotone_cubic, only.spline]).all()


def test_a_far_target_is_a_reason_for_low_trust() -> None:
    near, far = report(), report(far=1e26)
    codes = {note.code for note in far.warnings} - {note.code for note in near.warnings}
    assert len(codes) == 1
    assert far.trust == "low"


def test_a_larger_model_is_forecast_to_score_higher_by_every_map() -> None:
    small, large = report().forecasts[0], report(far=3e22).forecasts[0]
    for name in ("part", "local_line", "monotone_cubic"):
        assert getattr(large, name) > getattr(small, name)
