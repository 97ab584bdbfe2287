"""The law of every method survives storage: the same forecast to the bit, the same bytes again."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from scalepredict.predictors.cod.clustering import CLUSTERINGS, Clustering
from scalepredict.predictors.cod.cod import ClusteringOnDifficulty
from scalepredict.predictors.fit_families import fit_families
from scalepredict.predictors.interface import Forecast, Predictor, Targets
from scalepredict.predictors.observational.observational import Observational
from scalepredict.predictors.registry import names, predictor_type
from scalepredict.predictors.store.fit_file import (
    Provenance,
    StoredFit,
    dump_fit,
    load_fit,
    save_fit,
)
from scalepredict.records.table import Checkpoint, EvalTable, Unit, make_table

FAMILIES, SIZES, RATIOS = 3, (3e7, 1e8, 3.5e8, 1.2e9, 4e9), (15.0, 40.0, 120.0)


def world() -> EvalTable:
    """Three families on a grid of sizes and tokens per parameter, with losses and 40 questions."""
    rng = np.random.default_rng(11)
    rows, strength = [], []
    for family in range(FAMILIES):
        for n in SIZES:
            for ratio in RATIOS:
                loss = 1.7 + 400 * n**-0.34 + 410 * (n * ratio) ** -0.28 + 0.02 * family
                rows.append(
                    Checkpoint(
                        model=f"f{family}-{n:g}-{ratio:g}",
                        family=f"f{family}",
                        params=n,
                        tokens=n * ratio,
                        flops=6 * n * n * ratio,
                        loss=loss,
                    )
                )
                strength.append(9 - 3 * loss + 0.1 * family)
    known = ("b0", "b1", "b2", "arc_easy")  # the last has a reference curve
    units = [Unit(benchmark=name, chance=0.25) for name in known]
    units += [Unit(benchmark="items", task=f"q{i}") for i in range(40)]
    level = np.concatenate([rng.normal(0, 0.7, 4), rng.normal(0, 1.5, 40)])
    slope = np.concatenate([rng.uniform(0.6, 1.2, 4), rng.uniform(0.8, 1.4, 40)])
    latent = np.outer(np.array(strength), slope) + level
    share = 1 / (1 + np.exp(-latent))
    n_items = np.where(np.arange(44) < 4, 2000.0, 100.0) + np.zeros_like(share)
    chance = np.array([unit.chance for unit in units])
    truth = chance + (1 - chance) * share
    scores = rng.binomial(n_items.astype(int), truth) / n_items
    return make_table(rows, units, scores, n_items=n_items, task_loss=-np.log(share))


METHODS: dict[str, Predictor] = {
    **{name: predictor_type(name)() for name in names()},
    **{
        f"cod by {name}": ClusteringOnDifficulty(clustering=Clustering(method=name))
        for name in CLUSTERINGS
    },
    **{f"observational in {k}": Observational(components=k) for k in (1, 3)},
    "observational of some": Observational(standard=("b0", "b1", "b2")),
}


def bits(forecast: Forecast) -> dict[str, object]:
    """Arrays as bytes, everything else as it is."""
    found = {field.name: getattr(forecast, field.name) for field in fields(forecast)}
    return {n: v.tobytes() if isinstance(v, np.ndarray) else v for n, v in found.items()}


@pytest.mark.parametrize("name", METHODS)
def test_a_stored_law_forecasts_the_same_bits(name: str, tmp_path: Path) -> None:
    table = world().of_family("f0") if name.startswith("cod by") else world()  # slow, each alike
    fit = fit_families(table, METHODS[name], rng=np.random.default_rng(0))
    assert fit.refused == {}
    provenance = Provenance(version="0", seed=0, inputs=())
    save_fit(StoredFit(fit=fit, provenance=provenance), tmp_path / "fit.json")
    loaded = load_fit(tmp_path / "fit.json")
    assert loaded.fit.predictor == METHODS[name]
    assert dump_fit(loaded) == (tmp_path / "fit.json").read_text(encoding="utf-8")
    for before, after in zip(fit.groups, loaded.fit.groups, strict=True):
        targets = Targets(
            family=(before.families[0],) * 2,
            params=np.array([7e9, 3e10]),
            tokens=np.array([2e11, 6e11]),
            flops=np.array([8.4e21, 1.08e23]),
            assumption=("", ""),
        )
        first, second = (group.law.forecast(targets) for group in (before, after))
        assert np.isfinite(first.point).any()
        assert bits(first) == bits(second)
        assert before.law.notes() == after.law.notes()
