"""Every direct law and the two-step chain come back from storage to the bit."""

from pathlib import Path

import numpy as np
import pytest

from scalepredict.predictors.fit import fit_families
from scalepredict.predictors.interface import Targets
from scalepredict.predictors.registry import predictor_type
from scalepredict.predictors.storage import Provenance, StoredFit, dump_fit, load_fit, save_fit
from scalepredict.records.table import Checkpoint, EvalTable, Unit, make_table

LAWS = [
    "mean",
    "trend",
    "power_law",
    "nd_law",
    "sigmoid",
    "sigmoid_nd",
    "cod_curve",
    "bnsl",
    "two_step",
]


def ladder() -> EvalTable:
    rng = np.random.default_rng(4)
    params = np.repeat(np.geomspace(1e8, 3e9, 4), 3)
    tokens = params * np.tile([10.0, 30.0, 90.0], 4)
    checkpoints = [
        Checkpoint(model=f"m{i}", params=n, tokens=d, flops=6 * n * d, loss=float(9 * n**-0.06))
        for i, (n, d) in enumerate(zip(params, tokens, strict=True))
    ]
    scores = np.linspace(0.3, 0.6, 12)[:, None] + 0.01 * rng.normal(size=(12, 3))
    scores[2:9, 2] = np.nan  # too few scores for most laws
    return make_table(checkpoints, [Unit(benchmark=f"b{t}", chance=0.25) for t in range(3)], scores)


@pytest.mark.parametrize("name", LAWS)
def test_a_stored_law_forecasts_the_same_bits(name: str, tmp_path: Path) -> None:
    fit = fit_families(ladder(), predictor_type(name)(), rng=np.random.default_rng(0))
    provenance = Provenance(version="0.1.0", seed=0, inputs=(), options={})
    original = StoredFit(fit=fit, provenance=provenance, notes=(), calibration={})
    save_fit(original, tmp_path / "fit.json")
    loaded = load_fit(tmp_path / "fit.json")
    assert dump_fit(loaded) == dump_fit(original)
    targets = Targets.of_table(ladder())
    laws = [stored.fit.groups[0].law for stored in (original, loaded)]
    before, after = (law.forecast(targets, rng=np.random.default_rng(1)) for law in laws)
    assert before.point.tobytes() == after.point.tobytes()
    assert before.model_variance.tobytes() == after.model_variance.tobytes()
    assert before.failures == after.failures
    assert laws[0].notes() == laws[1].notes()
