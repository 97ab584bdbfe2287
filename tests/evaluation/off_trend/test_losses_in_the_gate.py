"""A loss that rises is worse; a spike that is back soon warns."""

import numpy as np
import pytest

from scalepredict.evaluation.off_trend.gate_file import load_gate
from scalepredict.evaluation.off_trend.rules.verdicts import Finding, Level, Verdict
from scalepredict.evaluation.off_trend.walk_runs import gather, off_trend
from scalepredict.records.table import Checkpoint, EvalTable, Floats, Unit, make_table

GATE = load_gate().gate
LENGTH = 24
TOKENS = np.linspace(10e9, 240e9, LENGTH)


def run(seed: int, change: Floats | float = 0.0, *, accuracies: int = 0) -> EvalTable:
    """Two losses, nats and bits, that follow E + A / D^.3; and accuracies on a curve."""
    rng = np.random.default_rng(seed)
    curve = 1.8 + 1.2 * (TOKENS / 10e9) ** -0.3
    losses = curve[:, None] * [1.0, 0.4] * np.exp(0.002 * rng.standard_normal((LENGTH, 2)))
    losses += np.reshape(change, (-1, 1)) * [1.0, 0.4]
    truth = 0.4 + 0.1 * np.log(TOKENS / 10e9)[:, None] * np.ones(accuracies) / 3
    units = [Unit(benchmark="val", metric="loss"), Unit(benchmark="code", metric="bpb")]
    units += [Unit(benchmark=f"b{i}", metric="acc", chance=0.25) for i in range(accuracies)]
    return make_table(
        [Checkpoint(model="m", params=1e9, tokens=float(t)) for t in TOKENS],
        units,
        np.hstack([losses, rng.binomial(1500, truth) / 1500]),
        n_items=np.full((LENGTH, 2 + accuracies), 1500.0),
    )


def judged(table: EvalTable) -> list[Verdict]:
    return list(off_trend(gather(table, GATE), GATE).values())


def whole(verdict: Verdict) -> list[Finding]:
    return [finding for finding in verdict.findings if finding.benchmark is None]


def at(*places: int, by: float) -> Floats:
    return np.where(np.isin(np.arange(LENGTH), places), by, 0.0)


def test_healthy_losses_are_on_trend() -> None:
    """20 runs, 380 verdicts at 1 %: more than 10 errors come once in 500 by chance."""
    found = [v for seed in range(20) for v in judged(run(seed))]
    assert sum(v.p_value is not None for v in found) == 20 * (LENGTH - 5)
    assert sum(v.flagged(Level.ERROR) for v in found) <= 10


def test_a_loss_that_rises_at_the_last_checkpoint_is_an_error() -> None:
    last = judged(run(1, at(LENGTH - 1, by=0.1)))[-1]
    (finding,) = whole(last)
    assert (finding.rule, finding.level) == ("off-trend-high", Level.ERROR)
    assert finding.z is not None
    assert finding.z > 3
    about = next(f for f in last.findings if f.benchmark == "val")
    assert about.observed is not None
    assert about.interval is not None
    assert about.observed > about.interval[1]


def test_a_loss_that_falls_is_a_warning() -> None:
    levels = {f.level for f in judged(run(1, at(LENGTH - 1, by=-0.1)))[-1].findings}
    assert levels <= {Level.WARNING, Level.NOTE}
    assert levels


@pytest.mark.parametrize(("length", "level"), [(1, Level.WARNING), (2, Level.WARNING)])
def test_a_spike_that_is_back_soon_is_a_warning(length: int, level: Level) -> None:
    places = range(14, 14 + length)
    verdicts = judged(run(2, at(*places, by=0.1)))
    (finding,) = whole(verdicts[14])
    assert finding.level is level
    assert "a spike, back after" in finding.message
    assert not any(v.flagged(Level.ERROR) for v in verdicts)


def test_a_rise_that_stays_is_one_error() -> None:
    verdicts = judged(run(3, at(*range(14, LENGTH), by=0.1)))
    (finding,) = whole(verdicts[14])
    assert (finding.rule, finding.level) == ("level-shift", Level.ERROR)
    assert "%" in finding.message
    assert sum(v.flagged(Level.ERROR) for v in verdicts) == 1


def test_losses_and_accuracies_share_alpha_and_not_a_test() -> None:
    evidence = gather(run(4, accuracies=6), GATE)
    assert [(len(f.columns), f.sign, f.share) for f in evidence.families] == [
        (6, 1.0, 0.5),
        (2, -1.0, 0.5),
    ]
    dropped = run(4, accuracies=6)
    scores = dropped.scores.copy()
    scores[15, 2:] -= 0.06
    found = whole(judged(dropped.with_scores(scores))[15])
    assert [f.rule for f in found if f.level is Level.ERROR] == ["off-trend-low"]
