"""The table: what ships is what the rows give, and no lab vouches for itself."""

from dataclasses import replace

import numpy as np
import pytest

from scalepredict.predictors.reference.reference_table import (
    ReferenceTable,
    make_reference_table,
    reference_table,
)
from scalepredict.records.reference_rows import shipped_models, shipped_reference_rows


def same(one: ReferenceTable, other: ReferenceTable) -> bool:
    numbers = [
        (one.priors.floor, other.priors.floor),
        (one.priors.mean, other.priors.mean),
        (one.priors.covariance, other.priors.covariance),
        (one.priors.scatter, other.priors.scatter),
        (one.labs, other.labs),
        (one.families, other.families),
        (one.models, other.models),
    ]
    return one.benchmarks == other.benchmarks and all(
        np.allclose(a, b, rtol=1e-7, atol=1e-9) for a, b in numbers
    )


@pytest.mark.parametrize("lab", ["", "eleuther"])
def test_the_shipped_table_is_made_from_the_shipped_rows(lab: str) -> None:
    rows = shipped_reference_rows()
    left_out = {lab} - {""}
    assert same(reference_table(frozenset(left_out)), make_reference_table(rows.without(left_out)))


def test_figures_of_an_independent_table() -> None:
    table = reference_table()
    expected = {  # floor, level, slope, scatter, labs, families, models
        "arc_challenge": (0.195, -0.733, 0.489, 0.080, 26, 62, 332),
        "hellaswag": (0.236, 0.600, 0.543, 0.113, 26, 61, 311),
        "mmlu": (0.226, -1.700, 0.521, 0.406, 25, 64, 308),
        "sciq": (0.250, 2.179, 0.433, 0.115, 3, 6, 29),
    }
    for name, figures in expected.items():
        i = table.benchmarks.index(name)
        prior = table.priors
        found = (prior.floor[i], *prior.mean[i], prior.scatter[i])
        assert found == pytest.approx(figures[:4], abs=6e-4)
        assert (table.labs[i], table.families[i], table.models[i]) == figures[4:]


def test_a_left_out_lab_changes_nothing_whatever_its_scores() -> None:
    rows = shipped_reference_rows()
    own = np.array([lab == "eleuther" for lab in rows.lab])
    forged = replace(rows, score=np.where(own, 0.999, rows.score))
    assert same(
        make_reference_table(forged.without({"eleuther"})), reference_table(frozenset({"eleuther"}))
    )
    assert not same(make_reference_table(forged), reference_table())


def test_several_labs_are_left_out_on_the_spot() -> None:
    table = reference_table(frozenset({"eleuther", "meta"}))
    assert table.without == ("eleuther", "meta")
    full = reference_table()
    i, j = (each.benchmarks.index("piqa") for each in (table, full))
    assert table.labs[i] == full.labs[j] - 2
    assert "sciq" not in table.benchmarks  # one lab is left


def test_names_of_models_are_those_of_the_rows() -> None:
    rows = shipped_reference_rows()
    assert shipped_models() == set(zip(rows.lab, rows.model, strict=True))
