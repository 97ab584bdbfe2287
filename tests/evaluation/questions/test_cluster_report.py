"""The report on clusters shows the forecast of the law beside those of other maps."""

import numpy as np
import pytest

from scalepredict.evaluation.questions.cluster_report import report_clusters
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
