"""Does a predictor or an importer obey what all must? Checks for your own, and for ours.

    from scalepredict.testing import check_importer, check_predictor
    check_predictor(Mine())
    check_importer(MyFormat(), "results.json")

Each check of a predictor fits a made world of three families. What fails, fails with a sentence.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from scalepredict.errors import RefusedError, ScalePredictError
from scalepredict.predictors.interface import Forecast, Law, Predictor, Targets
from scalepredict.predictors.registry import law_type
from scalepredict.predictors.store.json_codec import decode, encode
from scalepredict.records.aggregate import to_benchmarks
from scalepredict.records.importers.harness.interface import Importer
from scalepredict.records.importers.harness.source_file import open_source
from scalepredict.records.table import Checkpoint, EvalTable, Floats, Unit, make_table

FACTS = ("pools_families", "reads_tasks", "needs_compute", "reads_known_scores")
BENCHMARKS = ("hellaswag", "arc_easy", "arc_challenge", "mmlu")
SIZES, RATIOS, FAMILIES = (3e7, 1e8, 3.5e8, 1.2e9, 4e9), (15.0, 40.0, 120.0), 3
_STRANGE = {
    "a.json": b"{}",
    "b.json": b"[1, 2]",
    "c.json": b'{"results": null, "config": 3}',
    "d.jsonl": b'{"model": "m", "benchmark": "b", "score": 0.5}\n',
    "e.csv": b"model,benchmark,score\nm,b,0.5\n",
}
_CRASHES = (ArithmeticError, LookupError, TypeError, ValueError)
SAME = 2e-5  # a thousandth of a point and less: what an optimiser may stop at


def check_predictor(predictor: Predictor) -> None:
    """Run all checks.

    Raises:
        AssertionError: One or more fail; the message names each and what differs.
    """
    failed = []
    for name, check in CHECKS.items():
        try:
            check(predictor)
        except (AssertionError, ScalePredictError, *_CRASHES) as why:
            failed.append(f"{name}: {why or repr(why)}")
    assert not failed, f"{type(predictor).__name__} fails {len(failed)} of {len(CHECKS)}:\n" + (
        "\n".join(failed)
    )


def check_importer(importer: Importer, path: str | Path) -> None:
    """Read a file of its format, and offer it files that are none.

    Raises:
        AssertionError: It does not recognise its own file, takes or stumbles over another, or
            gives no score.
    """
    assert isinstance(getattr(type(importer), "kind", None), str), "its class has no kind"
    own = open_source(Path(path), str(path))
    assert importer.recognises(own), f"it does not recognise {path}"
    with TemporaryDirectory() as folder:
        for name, content in _STRANGE.items():
            strange = Path(folder, name)
            strange.write_bytes(content)
            taken = importer.recognises(open_source(strange, name))
            assert not taken, f"it takes a file that is none of its own: {content[:40]!r}"
    scores = importer.read(own).scores
    assert scores, f"it reads no score from {path}"
    for score in scores:
        assert score.subject.label, f"a score without a model: {score}"
        assert score.benchmark, f"a score without a benchmark: {score}"
        told = np.isfinite(score.score) or score.task_loss is not None
        assert told, f"neither a score nor a loss of {score.benchmark}"
        assert score.source, f"a score without the name of its file: {score}"


def made_world() -> EvalTable:
    """Three families on a grid of sizes and tokens per parameter, with losses and questions."""
    rng = np.random.default_rng(11)
    rows = [
        Checkpoint(
            model=f"f{family}-{n:g}-{ratio:g}",
            family=f"f{family}",
            params=n,
            tokens=n * ratio,
            flops=6 * n * n * ratio,
            loss=1.7 + 400 * n**-0.34 + 410 * (n * ratio) ** -0.28 + 0.02 * family,
        )
        for family in range(FAMILIES)
        for n in SIZES
        for ratio in RATIOS
    ]
    strength = np.array([9 - 3 * (row.loss or 0.0) + 0.1 * int(row.family[1]) for row in rows])
    units = [Unit(benchmark=name, chance=0.25) for name in BENCHMARKS]
    units += [Unit(benchmark="items", task=f"q{i}") for i in range(40)]
    level = np.concatenate([rng.normal(0, 0.7, 4), rng.normal(0, 1.5, 40)])
    slope = np.concatenate([rng.uniform(0.6, 1.2, 4), rng.uniform(0.8, 1.4, 40)])
    share = 1 / (1 + np.exp(-(np.outer(strength, slope) + level)))
    n_items = np.where(np.arange(44) < 4, 2000.0, 100.0) + np.zeros_like(share)
    chance = np.array([unit.chance for unit in units])
    scores = rng.binomial(n_items.astype(int), chance + (1 - chance) * share) / n_items
    return make_table(rows, units, scores, n_items=n_items, task_loss=-np.log(share))


def _facts(predictor: Predictor) -> None:
    kind = type(predictor)
    frozen = getattr(getattr(kind, "__dataclass_params__", None), "frozen", False)
    assert frozen, "it is no frozen dataclass"
    assert isinstance(getattr(kind, "name", None), str), "its class has no name"
    for fact in FACTS:
        said = isinstance(getattr(kind, fact, None), bool)
        assert said, f"its class does not say {fact} (True or False)"
    try:
        law_type(kind)
    except RefusedError as why:
        raise AssertionError(str(why)) from why


def _bits(predictor: Predictor) -> None:
    evidence = _evidence(predictor)
    before = evidence.scores.copy()
    one, two = (_fit(predictor, evidence).forecast(_targets()) for _ in range(2))
    # Sums of some builds of NumPy depend on where in memory an array lies, in the last bit.
    _close(one.point, two.point, "two fits of the same evidence", tolerance=1e-12)
    assert one.failures == two.failures, "two fits of the same evidence fail otherwise"
    assert np.array_equal(before, evidence.scores, equal_nan=True), "fit changed its evidence"


def _storage(predictor: Predictor) -> None:
    law = _fit(predictor, _evidence(predictor))
    kind = law_type(type(predictor))
    assert type(law) is kind, f"fit returned {type(law).__name__}, and says {kind.__name__}"
    with _told("it cannot be stored", TypeError):
        text = json.dumps(encode(law, kind), allow_nan=False)
    with _told("it cannot be read back", ScalePredictError):
        again: Law = decode(json.loads(text), kind, where="law")
    _same(law.forecast(_targets()), again.forecast(_targets()), "the stored law", tolerance=0.0)
    assert law.notes() == again.notes(), "the stored law has other notes"
    options = encode(predictor, type(predictor))
    assert decode(options, type(predictor), where="predictor") == predictor, "its options change"


def _shape(predictor: Predictor) -> None:
    evidence = _evidence(predictor)
    forecast = _fit(predictor, evidence).forecast(_targets())
    shape = (len(_targets()), len(to_benchmarks(evidence).units))
    for field in fields(forecast):
        value = getattr(forecast, field.name)
        if isinstance(value, np.ndarray):
            assert value.shape == shape, f"{field.name} has shape {value.shape}, not {shape}"
    assert np.isfinite(forecast.point).any(), "nothing of a clean world is forecast"
    _in_range(forecast)


def _in_range(forecast: Forecast) -> None:
    made = np.isfinite(forecast.point)
    told = np.array([failure is None for failure in forecast.failures])
    silent = [
        u.benchmark for u, m, t in zip(forecast.units, made.T, told, strict=True) if t != m.all()
    ]
    assert not silent, f"a forecast and a failure, or neither: {', '.join(silent)}"
    assert ((forecast.point[made] >= 0) & (forecast.point[made] <= 1)).all(), "points outside 0..1"
    for name in ("model_variance", "overdispersion", "spread_weighted", "spread_equal"):
        value = getattr(forecast, name)[made]
        assert (np.isfinite(value) & (value >= 0)).all(), f"{name} is negative or not finite"


def _rows(predictor: Predictor) -> None:
    evidence = _evidence(predictor)
    order = np.random.default_rng(1).permutation(len(evidence.checkpoints))
    one, two = (_forecast(predictor, e) for e in (evidence, evidence.take_rows(order)))
    _same(one, two, "rows in another order")


def _columns(predictor: Predictor) -> None:
    evidence = _evidence(predictor)
    one = _forecast(predictor, evidence)
    two = _forecast(predictor, evidence.take_units(np.arange(len(evidence.units))[::-1]))
    _same(one, _beside(two, one), "benchmarks in another order")


def _targets_apart(predictor: Predictor) -> None:
    law, targets = _fit(predictor, _evidence(predictor)), _targets()
    alone = replace(
        targets,
        family=targets.family[1:],
        params=targets.params[1:],
        tokens=targets.tokens[1:],
        flops=targets.flops[1:],
        assumption=targets.assumption[1:],
    )
    one, two = law.forecast(targets).point[1:], law.forecast(alone).point
    _close(one, two, "a target by itself", tolerance=1e-12)


def _flops(predictor: Predictor) -> None:
    evidence, factor = _evidence(predictor), 2.7
    other = tuple(replace(c, flops=factor * (c.flops or np.nan)) for c in evidence.checkpoints)
    targets = replace(_targets(), flops=factor * _targets().flops)
    one = _forecast(predictor, evidence).point
    two = _fit(predictor, replace(evidence, checkpoints=other)).forecast(targets).point
    # A method may take the factor for the unit of tokens, of which little depends.
    _close(one, two, f"FLOPs counted {factor} times as large", tolerance=3e-3)


def _missing(predictor: Predictor) -> None:
    evidence = _evidence(predictor)
    scores = evidence.scores.copy()
    own = np.array([not unit.task for unit in evidence.units])
    scores[(np.random.default_rng(2).random(scores.shape) < 0.15) & own] = np.nan
    scores[1:, 0] = np.nan  # measured once: forecast all the same, or a failure as a value
    _in_range(_forecast(predictor, evidence.with_scores(scores)))


def _few(predictor: Predictor) -> None:
    for count in (1, 2):
        few = _evidence(predictor).take_rows(np.arange(count))
        with (
            _told(f"{count} checkpoints end in no RefusedError", *_CRASHES),
            suppress(RefusedError),
        ):
            _in_range(_forecast(predictor, few))


def _idle(predictor: Predictor) -> None:
    evidence = _evidence(predictor)
    one = _forecast(predictor, evidence)
    for what, idle in (("a benchmark measured once", np.nan), ("a constant benchmark", 0.25)):
        column = np.full((len(evidence.checkpoints), 1), idle)
        column[0] = 0.25
        two = _forecast(predictor, _with_column(evidence, column))
        _close(one.point, _beside(two, one).point, what, tolerance=SAME)


def _with_column(table: EvalTable, column: Floats) -> EvalTable:
    unknown = np.full(column.shape, np.nan)
    items = np.where(np.isfinite(column), 2000.0, np.nan)
    return make_table(
        table.checkpoints,
        [*table.units, Unit(benchmark="idle", chance=0.25)],
        np.hstack([table.scores, column]),
        n_items=np.hstack([table.n_items, items]),
        stderr=np.hstack([table.stderr, unknown]),
        task_loss=np.hstack([table.task_loss, unknown]),
    )


def _evidence(predictor: Predictor) -> EvalTable:
    world = made_world() if predictor.pools_families else made_world().of_family("f0")
    return world if predictor.reads_tasks else to_benchmarks(world)


def _targets() -> Targets:
    params, tokens = np.array([7e9, 3e10]), np.array([2e11, 6e11])
    return Targets(
        family=("f0",) * 2,
        params=params,
        tokens=tokens,
        flops=6 * params * tokens,
        assumption=("",) * 2,
    )


def _fit(predictor: Predictor, evidence: EvalTable) -> Law:
    return predictor.fit(evidence, rng=np.random.default_rng(0))


def _forecast(predictor: Predictor, evidence: EvalTable) -> Forecast:
    return _fit(predictor, evidence).forecast(_targets())


def _beside(forecast: Forecast, other: Forecast) -> Forecast:
    place = {unit.benchmark: i for i, unit in enumerate(forecast.units)}
    lost = [unit.benchmark for unit in other.units if unit.benchmark not in place]
    assert not lost, f"benchmarks are lost: {', '.join(lost)}"
    return forecast.take_units([place[unit.benchmark] for unit in other.units])


def _same(one: Forecast, two: Forecast, what: str, *, tolerance: float = SAME) -> None:
    assert [u.benchmark for u in one.units] == [u.benchmark for u in two.units], f"{what}: units"
    assert one.failures == two.failures, f"{what} gives other failures"
    _close(one.point, two.point, what, tolerance=tolerance)
    if tolerance == 0.0:
        _close(one.model_variance, two.model_variance, f"variance of {what}", tolerance=0.0)


def _close(one: Floats, two: Floats, what: str, *, tolerance: float) -> None:
    known = np.isfinite(one)
    assert np.array_equal(known, np.isfinite(two)), f"{what}: other benchmarks are forecast"
    off = float(np.abs(one - two)[known].max(initial=0.0))
    assert off <= tolerance, f"{what} moves a forecast by {100 * off:.2g} points"


@contextmanager
def _told(what: str, *kinds: type[Exception]) -> Iterator[None]:
    try:
        yield
    except kinds as error:
        raise AssertionError(f"{what}: {error!r}") from error


CHECKS: dict[str, Callable[[Predictor], None]] = {
    "facts on the class": _facts,
    "the same twice": _bits,
    "storage to the bit": _storage,
    "shapes, ranges and failures": _shape,
    "order of rows": _rows,
    "order of columns": _columns,
    "each target by itself": _targets_apart,
    "unit of FLOPs": _flops,
    "missing scores": _missing,
    "too little evidence": _few,
    "an idle column": _idle,
}
