"""The picture of a law of many families: one row for each model, in standard deviations."""

import numpy as np
import pytest

from scalepredict.errors import RefusedError
from scalepredict.evaluation.questions.capabilities import capabilities_of
from scalepredict.predictors.direct.last import LastValue
from scalepredict.predictors.fit_families import fit_families
from scalepredict.predictors.interface import Predictor
from scalepredict.predictors.observational.observational import Observational
from scalepredict.predictors.skills.skills import SkillLaws
from scalepredict.records.table import Checkpoint, EvalTable, Unit, make_table


def table() -> EvalTable:
    """Three families of five sizes, six benchmarks that rise with one capability."""
    rng = np.random.default_rng(1)
    rows = [(f, i) for f in range(3) for i in range(5)]
    theta = np.array([0.7 * i + 0.3 * f for f, i in rows])
    loading = np.array([0.9, 0.8, 1.0, 0.7, 0.9, 0.8])
    logits = theta[:, None] * loading - 1.0 + rng.normal(0, 0.03, (15, 6))
    models = [
        Checkpoint(
            model=f"f{f}-{i}",
            family=f"f{f}",
            params=1e8 * 4**i,
            tokens=2e9 * 4**i,
            flops=6 * 2e17 * 16.0**i,
        )
        for f, i in rows
    ]
    scores = 1 / (1 + np.exp(-logits))
    units = [Unit(benchmark=f"b{t}") for t in range(6)]
    return make_table(models, units, scores, n_items=np.full(scores.shape, 3000.0))


@pytest.mark.parametrize(
    ("predictor", "word", "unit"),
    [(Observational(), "component", "points"), (SkillLaws(), "skill", "logits")],
)
def test_larger_models_have_more_of_what_all_benchmarks_share(
    predictor: Predictor, word: str, unit: str
) -> None:
    records = table()
    found = capabilities_of(fit_families(records, predictor, rng=np.random.default_rng(0)))
    assert (found.word, found.loading_unit) == (word, unit)
    assert found.benchmarks == tuple(f"b{t}" for t in range(6))
    n_components = found.loading.shape[1]
    assert found.loading.shape == (6, n_components)
    assert found.coordinates.shape == (15, n_components)
    assert found.share.shape == (n_components,)
    assert sorted(found.families) == sorted(c.family for c in records.checkpoints)
    np.testing.assert_allclose(np.sort(found.flops), np.sort(records.flops), rtol=1e-6)
    first = found.coordinates[:, 0] * np.sign(found.loading[:, 0].sum())
    assert np.corrcoef(first, np.log(found.flops))[0, 1] > 0.9


def test_a_method_of_single_families_has_no_capabilities() -> None:
    with pytest.raises(RefusedError, match="a fit of 'last' holds no capabilities"):
        capabilities_of(fit_families(table(), LastValue(), rng=np.random.default_rng(0)))
