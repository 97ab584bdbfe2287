"""What a table holds is counted: models, checkpoints, ranges, tasks, questions."""

import numpy as np

from scalepredict.records.inventory import summarise_benchmarks, summarise_families
from scalepredict.records.metrics import shipped_metrics
from scalepredict.records.table import Checkpoint, EvalTable, Unit, make_table


def table() -> EvalTable:
    checkpoints = [
        Checkpoint(model="a", family="f", params=1e9, tokens=1e10, flops=6e19),
        Checkpoint(model="a", family="f", params=1e9, tokens=2e10, flops=1.2e20),
        Checkpoint(model="b", family="g"),
        Checkpoint(model="c", family="f", params=4e9, tokens=1e10, flops=2.4e20),
    ]
    units = [
        Unit(benchmark="x", metric="acc", shots=5, chance=0.25, suite="s"),
        Unit(benchmark="y", task="t1", metric="acc", chance=0.5),
        Unit(benchmark="y", task="t2", metric="em", shots=0, chance_assumed=True),
        Unit(benchmark="z"),
    ]
    scores = [[0.3, 0.5, 0.1, np.nan], [0.4, np.nan, 0.2, np.nan]] * 2
    n_items = [[100.0, 40, np.nan, np.nan], [120, 40, 60, np.nan]] * 2
    return make_table(checkpoints, units, np.array(scores), n_items=np.array(n_items))


def test_families_are_counted_in_order_with_their_ranges() -> None:
    f, g = summarise_families(table())
    assert (f.family, f.n_models, f.n_checkpoints) == ("f", 2, 3)
    assert (f.params, f.tokens, f.flops) == ((1e9, 4e9), (1e10, 2e10), (6e19, 2.4e20))
    assert (g.family, g.n_models, g.n_checkpoints) == ("g", 1, 1)
    assert (g.params, g.tokens, g.flops) == (None, None, None)


def test_benchmarks_are_counted_over_their_tasks() -> None:
    x, y, z = summarise_benchmarks(table())
    assert (x.benchmark, x.n_tasks, x.metrics, x.shots) == ("x", 0, ("acc",), (5,))
    assert (x.chance, x.suite, x.n_scores, x.scores) == ((0.25, 0.25), "s", 4, (0.3, 0.4))
    assert x.n_items == 120  # the most that a checkpoint answered
    assert (y.n_tasks, y.metrics, y.shots) == (2, ("acc", "em"), (0,))
    assert (y.chance, y.chance_assumed, y.n_scores, y.scores) == ((0.0, 0.5), True, 6, (0.1, 0.5))
    assert y.n_items == 40 + 60  # of all its tasks
    assert (z.n_scores, z.scores, z.n_items, x.chance_assumed) == (0, None, None, False)


def test_losses_are_told_from_fractions_and_variants_are_one_benchmark() -> None:
    measure = shipped_metrics().find("loss")
    units = [Unit(benchmark="c4", metric="loss", measure=measure), Unit(benchmark="x", shots=5),
             Unit(benchmark="x", shots=0)]  # fmt: skip
    row = [Checkpoint(model="m", family="f")]
    loss, both = summarise_benchmarks(make_table(row, units, np.array([[2.5, 0.3, 0.2]])))
    assert (loss.is_fraction, both.is_fraction) == (False, True)
    assert (both.shots, both.n_tasks, both.n_scores) == ((5, 0), 0, 2)
    assert both.scores == (0.2, 0.3)


def test_nothing_is_counted_in_an_empty_table() -> None:
    empty = make_table([], [], np.zeros((0, 0)))
    assert summarise_families(empty) == ()
    assert summarise_benchmarks(empty) == ()
    bare = make_table([], [Unit(benchmark="x")], np.zeros((0, 1)))
    (only,) = summarise_benchmarks(bare)
    assert (only.n_scores, only.scores, only.n_items) == (0, None, None)
