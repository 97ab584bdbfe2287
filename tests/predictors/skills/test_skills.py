"""Latent skills: forecasts of families known by one model, exact derivatives, readable loadings."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from scalepredict.errors import RefusedError
from scalepredict.predictors.interface import Targets
from scalepredict.predictors.skills.family_curves import (
    CurvePenalties,
    curves_at,
    fit_family_curves,
)
from scalepredict.predictors.skills.rotation import geomin
from scalepredict.predictors.skills.skill_arrow import Steps
from scalepredict.predictors.skills.skill_curves import N_SPLINES
from scalepredict.predictors.skills.skill_fit import (
    Penalties,
    SkillData,
    Skills,
    _cost,
    _moved,
    first_skills,
    fit_link,
    fit_skills,
    normal_equations,
    skill_curve,
)
from scalepredict.predictors.skills.skills import SkillLaws, SkillsLaw
from scalepredict.predictors.store.json_codec import decode, encode
from scalepredict.records.table import Checkpoint, EvalTable, Floats, Ints, Unit, make_table

CHANCE = np.array([0.25, 0.0, 0.5, 0.25, 0.0, 0.0])
LOADING = np.array([[1.2, 0.0], [1.6, 0.3], [0.9, 0.0], [0.2, 1.1], [0.0, 1.5], [0.5, 1.0]])
SLOPE = np.array([[0.5, 0.3], [0.3, 0.5], [0.05, 0.0]])


def world(*, families: int = 10, per_family: int = 4, noise: float = 0.005) -> EvalTable:
    """Two skills; families differ in both, and in the tokens that they train on."""
    rng = np.random.default_rng(0)
    rows, scores = [], []
    for f in range(families):
        level = rng.normal(scale=0.5, size=2)
        tokens = 10.0 ** rng.uniform(11.3, 12.9)
        for size in np.geomspace(2e8, 7e10, per_family):
            z = np.array([np.log10(size) - 9.5, np.log10(tokens) - 12, 0])
            z[2] = z[0] * z[1]
            share = expit((level + z @ (2 * SLOPE)) @ LOADING.T - np.array([0, 1, 0, 0.5, 1, 2]))
            scores.append(CHANCE + (1 - CHANCE) * share)
            rows.append(
                Checkpoint(
                    model=f"f{f}-{size / 1e9:.1f}b",
                    family=f"f{f}",
                    params=float(size),
                    tokens=float(tokens),
                    flops=float(6 * size * tokens),
                )
            )
    units = [Unit(benchmark=f"b{t}", chance=float(c)) for t, c in enumerate(CHANCE)]
    values = np.array(scores) + noise * rng.normal(size=(len(rows), len(units)))
    return make_table(rows, units, np.clip(values, 0, 1))


def fit(table: EvalTable, *, skills: int | None = None) -> SkillsLaw:
    return SkillLaws(components=skills).fit(table, rng=np.random.default_rng(0))


def points(law: SkillsLaw, targets: Targets) -> Floats:
    return law.forecast(targets).point


def lone(table: EvalTable, family: str) -> tuple[EvalTable, EvalTable]:
    """All but the larger models of one family, and those."""
    own = np.flatnonzero([c.family == family for c in table.checkpoints])
    return table.take_rows(np.delete(np.arange(len(table.checkpoints)), own[1:])), table.take_rows(
        own[1:]
    )


def data(*, holes: bool = True, families: int = 5) -> SkillData:
    table = world(families=families)
    scores = table.scores.copy()
    if holes:
        scores[::3, 1] = np.nan
    logs = np.log10(np.stack([table.params, table.tokens], axis=1)) - np.array([9.5, 12])
    family = np.array([int(c.family[1:]) for c in table.checkpoints])
    scale = np.concatenate([logs, logs[:, :1] * logs[:, 1:]], axis=1)
    lines = np.stack([np.ones(len(logs)), logs.sum(axis=1)], axis=1)
    return SkillData(
        scores=scores,
        chance=CHANCE,
        scale=scale,
        family=family,
        lines=lines,
        apart=np.zeros(6, dtype=bool),
    )


def test_a_family_known_by_its_smallest_model_is_forecast_far_better_than_by_it() -> None:
    errors, copies = [], []
    for family in ("f1", "f4", "f7"):
        known, hidden = lone(world(), family)
        errors.append(np.abs(points(fit(known), Targets.of_table(hidden)) - hidden.scores).mean())
        copies.append(
            np.abs(
                known.scores[[c.family == family for c in known.checkpoints]] - hidden.scores
            ).mean()
        )
    assert np.mean(errors) < 0.04
    assert np.mean(errors) < 0.2 * np.mean(copies)


def test_the_true_number_of_skills_gets_more_weight_than_one() -> None:
    one, two = (fit(world(), skills=d) for d in (1, 2))
    assert one.held_out.mean() > 2 * two.held_out.mean()
    assert two.share.tolist() == [1.0]


def test_skills_that_are_shared_count_more_than_curves_of_each_benchmark_alone() -> None:
    law = fit(world())
    assert law.own is not None
    assert len(law.share) == len(law.variants) + 1
    assert law.share[-1] < law.share[:-1].min()


def random_step(skills: Skills, size: float, rng: np.random.Generator) -> Steps:
    (n_units, d), q = skills.loading.shape, 1 + sum(skills.loading.shape[1:])
    return Steps(
        unit=size * rng.normal(size=(n_units, q + skills.shape.shape[1])),
        family=size * rng.normal(size=skills.intercept.shape),
        slope=size * rng.normal(size=(3, d)),
    )


def scaled(step: Steps, by: float) -> Steps:
    return Steps(unit=by * step.unit, family=by * step.family, slope=by * step.slope)


def firsts_of(evidence: SkillData) -> Ints:
    return np.flatnonzero(np.diff(evidence.family, prepend=-1))


@pytest.mark.parametrize("learned", [False, True])
def test_the_gradient_is_that_of_the_cost(learned: bool) -> None:
    evidence, penalties = data(), Penalties(bend=0.02)
    skills = first_skills(evidence, 2)
    rng = np.random.default_rng(1)
    bent = np.zeros((len(skills.level), N_SPLINES if learned else 0))
    shape = np.concatenate([skills.shape, bent], axis=1)
    skills = replace(skills, shape=shape + 0.3 * rng.normal(size=shape.shape))
    gradient = normal_equations(evidence, skills, penalties, firsts_of(evidence)).gradient
    step = random_step(skills, 1.0, rng)
    along = sum(
        (getattr(gradient, side) * getattr(step, side)).sum()
        for side in ("unit", "family", "slope")
    )
    h = 1e-6
    up = _cost(evidence, _moved(skills, scaled(step, h)), penalties)
    down = _cost(evidence, _moved(skills, scaled(step, -h)), penalties)
    assert along == pytest.approx((up - down) / (2 * h), rel=1e-5)


@pytest.mark.parametrize("families", [5, 40])
def test_a_step_solves_the_whole_system_whichever_side_is_eliminated(families: int) -> None:
    """Families are fewer than the parameters of all benchmarks, or more."""
    evidence = data(families=families)
    skills = fit_skills(evidence, 2, Penalties(), tolerance=0.1)
    arrow = normal_equations(evidence, skills, Penalties(), firsts_of(evidence))
    found = arrow.step(0.1)
    n_units, q = found.unit.shape
    d, P = 2, 6
    edge, whole = n_units * q, n_units * q + families * d + P
    matrix = np.zeros((whole, whole))
    for t in range(n_units):
        rows = slice(t * q, (t + 1) * q)
        matrix[rows, rows] = arrow.unit[t]
        matrix[rows, whole - P :] = arrow.unit_slope[t]
        for f in range(families):
            matrix[rows, edge + f * d : edge + (f + 1) * d] = arrow.family_unit[f, t]
    for f in range(families):
        rows = slice(edge + f * d, edge + (f + 1) * d)
        matrix[rows, rows] = arrow.family[f]
        matrix[rows, whole - P :] = arrow.family_slope[f]
    matrix[whole - P :, whole - P :] = arrow.slope
    matrix = np.triu(matrix) + np.triu(matrix, 1).T
    matrix[np.diag_indices(whole)] *= 1.1
    parts = (arrow.gradient.unit, arrow.gradient.family, arrow.gradient.slope)
    expected = -np.linalg.solve(matrix, np.concatenate([part.reshape(-1) for part in parts]))
    step = np.concatenate([p.reshape(-1) for p in (found.unit, found.family, found.slope)])
    assert np.allclose(step, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("learned", [False, True])
def test_the_fit_is_a_minimum(learned: bool) -> None:
    evidence, penalties = data(), Penalties(intercept=1e-2)
    skills = fit_skills(evidence, 2, penalties, tolerance=1e-9)
    if learned:
        skills = fit_link(evidence, skills, penalties, tolerance=1e-9)
    least = _cost(evidence, skills, penalties)
    assert least < 0.01 * _cost(evidence, first_skills(evidence, 2), penalties) + 0.05
    rng = np.random.default_rng(2)
    for _ in range(20):
        step = random_step(skills, 0.01, rng)
        assert _cost(evidence, _moved(skills, step), penalties) > least


def test_a_learned_link_follows_a_curve_that_is_no_sigmoid() -> None:
    """Two steps with a plateau between them, on one skill that all families share."""
    evidence = data(holes=False)
    index = evidence.scale[:, :2].sum(axis=1)
    steps = 0.5 * expit(12 * (index + 0.8)) + 0.5 * expit(12 * (index - 0.8))
    chance = np.zeros(6)
    plain = replace(evidence, scores=np.tile(steps[:, None], (1, 6)), chance=chance)
    skills = fit_skills(plain, 1, Penalties())
    bent = fit_link(plain, skills, Penalties(link=1e-6))
    errors = [
        np.abs(
            skill_curve(s, s.intercept[plain.family] + plain.scale @ s.slope, plain.kind)
            - plain.scores
        ).mean()
        for s in (skills, bent)
    ]
    assert errors[1] < 0.7 * errors[0]


def test_a_family_never_seen_is_an_average_one_and_less_certain() -> None:
    table = world()
    law = fit(table)
    target = Targets.of_table(table.take_rows(np.array([5])))
    stranger = replace(target, family=("unheard-of",))
    known, unknown = law.forecast(target), law.forecast(stranger)
    assert (unknown.model_variance > 1.5 * known.model_variance).all()
    assert not np.allclose(known.point, unknown.point, atol=0.01)


def test_more_tokens_are_forecast_to_help() -> None:
    table = world()
    law = fit(table)
    target = Targets.of_table(table.take_rows(np.array([6])))
    more = replace(target, tokens=3 * target.tokens, flops=3 * target.flops)
    assert (points(law, more) > points(law, target)).all()


def test_models_without_tokens_are_left_out_with_a_count() -> None:
    table = world()
    bare = [replace(c, tokens=None, flops=None) for c in table.checkpoints[:2]]
    law = fit(replace(table, checkpoints=(*bare, *table.checkpoints[2:])))
    assert law.left_out == 2
    assert any("2 models without params, tokens or scores" in str(note) for note in law.notes())


def test_one_family_is_refused_and_pointed_to_the_stack() -> None:
    table = world(families=1, per_family=9)
    with pytest.raises(RefusedError, match=r"9 models of 1 family .* predictor stack"):
        fit(table)


def test_a_constant_benchmark_is_a_failure_and_leaves_the_rest_alone() -> None:
    table = world()
    scores = table.scores.copy()
    scores[:, 3] = 0.25
    law = fit(table.with_scores(scores))
    result = law.forecast(Targets.of_table(table))
    assert "'b3' has the same score in all 40 models" in str(result.failures[3])
    assert np.isnan(result.point[:, 3]).all()
    assert np.isfinite(np.delete(result.point, 3, axis=1)).all()
    assert f"not forecast: {result.failures[3]}" in map(str, law.notes())


def test_a_target_without_tokens_is_refused() -> None:
    target = Targets.of_table(world().take_rows(np.array([1])))
    with pytest.raises(RefusedError, match="needs params and tokens"):
        points(fit(world()), replace(target, tokens=np.array([np.nan])))


def test_row_order_does_not_change_the_forecast() -> None:
    table = world()
    order = np.random.default_rng(4).permutation(len(table.checkpoints))
    target = Targets.of_table(table.take_rows(np.array([7, 30])))
    one, two = points(fit(table), target), points(fit(table.take_rows(order)), target)
    assert np.allclose(one, two, atol=1e-4)


def test_a_law_comes_back_from_json_with_the_same_forecast() -> None:
    law = fit(world())
    again = decode(encode(law, SkillsLaw), SkillsLaw, where="law")
    target = Targets.of_table(world())
    assert np.array_equal(points(law, target), points(again, target))


def test_geomin_finds_simple_structure_of_correlated_skills() -> None:
    simple = np.array([[0.9, 0.0], [0.8, 0.0], [0.7, 0.1], [0.0, 0.8], [0.0, 0.9], [0.1, 0.6]])
    mixing = np.linalg.cholesky(np.array([[1, 0.5], [0.5, 1]])).T
    turn = np.array([[np.cos(0.7), -np.sin(0.7)], [np.sin(0.7), np.cos(0.7)]])
    white = simple @ mixing.T @ turn
    found = white @ np.linalg.inv(geomin(white)).T
    assert np.allclose(np.sort(np.abs(found), axis=1), np.sort(simple, axis=1), atol=0.1)


def test_skill_curves_rise_from_chance_to_one() -> None:
    skills = Skills(
        loading=np.array([[1.0]]),
        level=np.zeros(1),
        shape=np.array([[-15.0, -15.0, 0.0]]),
        slope=np.zeros((3, 1)),
        intercept=np.zeros((1, 1)),
        chance=np.array([0.25]),
    )
    curve = skill_curve(skills, np.array([[-50.0], [0.0], [50.0]]), np.empty((3, 0)))[:, 0]
    assert np.allclose(curve, [0.25, 0.625, 1.0], atol=1e-5)


def test_family_curves_find_the_slope_of_each_benchmark_and_the_level_of_each_family() -> None:
    rng = np.random.default_rng(3)
    family = np.repeat(np.arange(8), 4)
    decades = rng.uniform(-2, 2, size=32)
    level = rng.normal(scale=0.5, size=(8, 2))
    lines = np.stack([np.ones(32), decades], axis=1)
    index = level[family] + decades[:, None] * np.array([0.6, 1.4])
    held = np.where(np.arange(32) % 4 == 3, np.nan, 1.0)[:, None]
    chance = np.array([0.0, 0.25])
    scores = chance + (1 - chance) * expit(index)
    curves = fit_family_curves(
        scores * held,
        chance,
        family,
        lines,
        np.zeros(2, dtype=bool),
        CurvePenalties(intercept=1e-5),
    )
    assert np.allclose(curves_at(curves, family, lines), scores, atol=0.02)
    unknown = curves_at(curves, np.full(32, -1), lines)
    average = chance + (1 - chance) * expit(level.mean(axis=0) + decades[:, None] * [0.6, 1.4])
    assert np.allclose(unknown, average, atol=0.05)


def test_a_benchmark_at_its_floor_in_all_models_is_fitted() -> None:
    table = world()
    scores = table.scores.copy()
    scores[:, 3] = 0.25 + 1e-4 * (np.arange(len(scores)) % 2)
    result = points(fit(table.with_scores(scores)), Targets.of_table(table))
    assert np.allclose(result[:, 3], 0.25, atol=0.02)


def two_kinds() -> EvalTable:
    """Every family has base and instruct models; the last benchmark grows in the latter alone."""
    plain = world(families=8, per_family=4)
    size = np.log10(plain.params / 2e8)
    grown = 0.15 + 0.25 * size
    rows, scores = [], []
    for kind, last in (("base", np.full(len(size), 0.15)), ("instruct", grown)):
        rows += [replace(c, model=f"{c.model}-{kind}", kind=kind) for c in plain.checkpoints]
        scores.append(np.column_stack([plain.scores[:, :5], last]))
    return make_table(rows, plain.units, np.concatenate(scores))


def test_what_grows_in_instruct_models_alone_is_not_forecast_of_base_models() -> None:
    table = two_kinds()
    own = [i for i, c in enumerate(table.checkpoints) if c.family == "f3" and c.kind == "base"]
    hidden = sorted(own, key=lambda i: table.params[i])[1:]
    known = table.take_rows(np.setdiff1d(np.arange(len(table.scores)), hidden))
    targets = Targets.of_table(table.take_rows(hidden))
    law = fit(known)
    missed = np.abs(points(law, targets)[:, 5] - 0.15).max()
    assert law.apart is not None
    assert law.apart[5]
    assert any(note.text.startswith("32 of 61 models are instruct") for note in law.notes())
    nameless = [replace(c, kind="", model=str(i)) for i, c in enumerate(known.checkpoints)]
    untold = make_table(nameless, known.units, known.scores)
    assert missed < 0.6 * np.abs(points(fit(untold), targets)[:, 5] - 0.15).max()
    again = decode(encode(law, SkillsLaw), SkillsLaw, where="law")
    assert np.array_equal(points(again, targets), points(law, targets))
