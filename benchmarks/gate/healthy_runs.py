"""Does `scalepredict check` pass healthy runs of known truth, and what does it catch in them?

    python benchmarks/gate/healthy_runs.py [SHARE]

Lone runs of many kinds, each judged from its own past and the shipped constants; SHARE of the runs
(default 1) are made. Then faults of known size in runs with binomial noise. Limits are two-sided
95 % (Clopper and Pearson).
"""

import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
from scipy.signal import lfilter
from scipy.special import betaincinv

from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.evaluation.off_trend.gate_file import load_gate
from scalepredict.evaluation.off_trend.rules.scene import Evidence
from scalepredict.evaluation.off_trend.rules.verdicts import Level, Verdict
from scalepredict.evaluation.off_trend.run_check import Comparison, ceilings
from scalepredict.evaluation.off_trend.walk_runs import gather, off_trend
from scalepredict.records.table import Bools, Checkpoint, EvalTable, Floats, Unit, make_table

GATE = load_gate().gate
ALONE = Comparison.of(None, load_calibration())
TREND = ("off-trend-low", "off-trend-high", "level-shift", "drift")
N_ITEMS, N_UNITS, LENGTH = 1500, 6, 20
RUNS = 60


def main(share: float) -> None:
    print("\n== simulated healthy lone runs")
    for kind, world in KINDS.items():
        report_healthy(kind, simulated(world, max(4, round(share * world.n_runs))))
    report_power(max(10, round(share * RUNS)))
    report_lasting(max(10, round(share * 2 * RUNS)))
    report_time()


def prepared(table: EvalTable, *, new: Bools | None = None) -> Evidence:
    """What `check` walks where each run is alone: bounded by public models, without a ladder."""
    evidence = gather(table, GATE, new=new)
    return replace(evidence, ceiling=ceilings(evidence, {}, ALONE))


def limits(hits: int, n: int) -> tuple[float, float]:
    low = float(betaincinv(hits, n - hits + 1, 0.025)) if hits else 0.0
    return low, float(betaincinv(hits + 1, n - hits, 0.975)) if hits < n else 1.0


def report_healthy(name: str, verdicts: Iterable[Verdict]) -> None:
    found = list(verdicts)
    ends: dict[str, float] = {}
    for v in found:
        seen = ends.get(v.checkpoint.model, 0.0)
        ends[v.checkpoint.model] = max(seen, v.checkpoint.tokens or 0.0)
    judged = [v for v in found if v.p_value is not None]
    errors = sum(has(v, Level.ERROR, *TREND) for v in judged)
    late = [(v.checkpoint.tokens or 0.0) > 0.8 * ends[v.checkpoint.model] for v in judged]
    warned = [has(v, Level.WARNING, *TREND) for v in judged]
    noted = [has(v, Level.NOTE, "decay-phase", "emerging") for v in judged]
    early_warned = sum(w and not e for w, e in zip(warned, late, strict=True))
    late_noted = sum(w and e for w, e in zip(noted, late, strict=True))
    n = len(judged)
    print(
        f"  {name:36s}errors {errors:3d} of {n:5d} = {100 * errors / n:4.2f} %, upper limit "
        f"{100 * limits(errors, n)[1]:4.2f} %; warnings {sum(warned)}, {early_warned} before; "
        f"notes {sum(noted)}, {late_noted} after"
    )


def has(verdict: Verdict, level: Level, *rules: str) -> bool:
    return any(f.level is level and f.rule in rules for f in verdict.findings)


# Healthy runs of known truth.


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One kind of healthy run; shapes of its curves by the share f of training, from 0 to 1."""

    shape: Callable[[Floats, np.random.Generator], Floats]
    phi: float = 1.0
    n_units: int = N_UNITS
    n_items: int = N_ITEMS
    length: int = LENGTH
    n_runs: int = RUNS
    spacing: str = "even"
    heavy: bool = False
    siblings: int = 1
    phase: bool = False


def curves(n: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    return rng.uniform(0.32, 0.5, n), rng.uniform(0.05, 0.3, n)


def saturating(rate: float) -> Callable[[Floats, np.random.Generator], Floats]:
    return lambda f, rng: grown(1 - np.exp(-rate * f), rng)


def grown(share: Floats, rng: np.random.Generator) -> Floats:
    start, gain = curves(share.shape[1], rng)
    return start + gain * share


def emergent(n_of: int | None) -> Callable[[Floats, np.random.Generator], Floats]:
    def shape(f: Floats, rng: np.random.Generator) -> Floats:
        truth = grown(1 - np.exp(-2 * f), rng)
        n = f.shape[1] if n_of is None else n_of
        middle = rng.uniform(0.3, 0.8, n)
        truth[:, :n] = 0.25 + 0.4 / (1 + np.exp(-12 * (f[:, :n] - middle)))
        return truth

    return shape


def plus(change: Callable[[Floats, np.random.Generator], Floats]) -> Callable[..., Floats]:
    return lambda f, rng: grown(1 - np.exp(-2 * f), rng) + change(f, rng)


def cooldown(low: float, high: float) -> Callable[[Floats, np.random.Generator], Floats]:
    return plus(lambda f, rng: rng.uniform(low, high) * np.clip((f - 0.8) / 0.2, 0, 1))


def wander(f: Floats, rng: np.random.Generator) -> Floats:
    shocks = rng.standard_normal((len(f), 1)) * 0.005 * np.sqrt(1 - 0.8**2)
    walked: Floats = lfilter([1.0], [1.0, -0.8], shocks, axis=0)
    return walked


def restarts(f: Floats, rng: np.random.Generator) -> Floats:
    del rng
    return -0.02 * np.isin(np.arange(len(f)), (8, 12, 16)).astype(float)[:, None]


PLAIN = saturating(2.0)
KINDS = {
    "smooth log": World(shape=lambda f, rng: grown(np.log1p(9 * f) / np.log(10), rng)),
    "saturating": World(shape=saturating(6.0)),
    "steep start": World(shape=saturating(12.0)),
    "all emerge": World(shape=emergent(None)),
    "one of six emerges": World(shape=emergent(1)),
    "WSD cooldown of 1.5 to 4 points": World(shape=cooldown(0.015, 0.04)),
    "WSD cooldown of 6 points": World(shape=cooldown(0.06, 0.06)),
    "cosine": World(shape=lambda f, rng: grown(0.5 * (1 - np.cos(np.pi * f)), rng)),
    "noise phi .4": World(shape=PLAIN, phi=0.4),
    "noise phi 2": World(shape=PLAIN, phi=2.0),
    "noise phi 4": World(shape=PLAIN, phi=4.0),
    "noise phi 10": World(shape=PLAIN, phi=10.0),
    "shared wander of half a point": World(shape=plus(wander)),
    "one benchmark": World(shape=PLAIN, n_units=1),
    "8 checkpoints": World(shape=PLAIN, length=8),
    "80 checkpoints": World(shape=PLAIN, length=80, n_runs=15),
    "200 benchmarks of 100 questions": World(shape=PLAIN, n_units=200, n_items=100, n_runs=15),
    "30 benchmarks, siblings of .7": World(shape=PLAIN, n_units=30, siblings=6, n_runs=30),
    "n 14,000": World(shape=PLAIN, n_items=14000),
    "n 14,000, phi 4": World(shape=PLAIN, n_items=14000, phi=4.0),
    "uneven spacing": World(shape=PLAIN, spacing="uneven"),
    "resumed run": World(shape=PLAIN, spacing="resumed"),
    "all at chance": World(shape=lambda f, rng: 0.25 + 0 * f),
    "t3 noise": World(shape=PLAIN, heavy=True),
    "warm restarts of 2 points": World(shape=plus(restarts)),
    "the same, phase recorded": World(shape=plus(restarts), phase=True),
}  # fmt: skip


def simulated(world: World, n_runs: int, *, first: int = 0) -> list[Verdict]:
    verdicts: list[Verdict] = []
    for seed in range(first, first + n_runs):
        verdicts += off_trend(prepared(made_run(world, seed)), GATE).values()
    return verdicts


def made_run(world: World, seed: int) -> EvalTable:
    rng = np.random.default_rng(seed)
    f = np.arange(1, world.length + 1) / world.length
    if world.spacing == "uneven":
        f = np.sort(rng.uniform(0.03, 1, world.length))
    elif world.spacing == "resumed":
        f = np.concatenate([f[: world.length // 2], f[world.length // 2 - 2 : -2]])
    truth = world.shape(np.repeat(f[:, None], world.n_units, axis=1), rng)
    noise = rng.standard_normal(truth.shape)
    if world.heavy:
        noise = rng.standard_t(3, truth.shape) / np.sqrt(3)
    if world.siblings > 1:
        common = rng.standard_normal((len(f), world.n_units // world.siblings))
        noise = np.sqrt(0.7) * np.repeat(common, world.siblings, 1) + np.sqrt(0.3) * noise
    truth = np.clip(truth, 0.01, 0.99)
    sd = np.sqrt(world.phi * truth * (1 - truth) / world.n_items)
    scores = np.round(np.clip(truth + sd * noise, 0, 1) * world.n_items) / world.n_items
    return lone_run(f + 1e-9 * np.arange(len(f)), scores, world)


def lone_run(f: Floats, scores: Floats, world: World) -> EvalTable:
    phases = np.isin(np.arange(len(f)), (8, 12, 16)) & world.phase
    parts = ("_de", "_fr", "_it", "_es", "_pl", "_nl") if world.siblings > 1 else ("",)
    names = [f"b{t // len(parts)}{parts[t % len(parts)]}" for t in range(world.n_units)]
    return make_table(
        [
            Checkpoint(
                model="m", params=1e9, tokens=4e11 * share, step=1e5 * share, phase=str(phase)
            )
            for share, phase in zip(f, phases, strict=True)
        ],
        [Unit(benchmark=name, chance=0.25) for name in names],
        scores,
        n_items=np.full(scores.shape, float(world.n_items)),
    )


def changed(world: World, seed: int, change: Floats) -> EvalTable:
    table = made_run(world, seed)
    return table.with_scores(np.clip(table.scores + change, 0, 1))


def report_power(n_runs: int) -> None:
    print(f"\n== lone run, % of {n_runs} runs caught as an error at their checkpoint 16 (8: at 8)")
    faults = [("all", -0.015), ("all", -0.02), ("all", -0.03), ("one", -0.05), ("one", -0.08),
              ("one", -0.10)]  # fmt: skip
    worlds = {
        "phi 1": World(shape=PLAIN),
        "phi .4": World(shape=PLAIN, phi=0.4),
        "phi 4": World(shape=PLAIN, phi=4.0),
        "8 checkpoints": World(shape=PLAIN, length=8),
        "one benchmark": World(shape=PLAIN, n_units=1),
    }
    print(f"{'':20s}" + "".join(f"{of} {100 * by:g}".rjust(10) for of, by in faults))
    for name, world in worlds.items():
        at = min(16, world.length) - 1
        caught = []
        for of, by in faults:
            change = np.zeros((world.length, world.n_units))
            change[at, slice(None) if of == "all" else slice(1)] = by
            n_hits = 0
            for seed in range(n_runs):
                table = changed(world, seed, change).take_rows(np.arange(at + 1))
                verdict = list(off_trend(prepared(table), GATE).values())[at]
                n_hits += has(verdict, Level.ERROR, *TREND)
            caught.append(100 * n_hits / n_runs)
        print(f"{name:20s}" + "".join(f"{share:10.0f}" for share in caught))
    for points in (0.3, 0.5):
        slide = -points / 100 * np.maximum(np.arange(LENGTH)[:, None] - 9, 0)
        found = []
        for seed in range(n_runs):
            verdicts = list(
                off_trend(prepared(changed(World(shape=PLAIN), seed, slide)), GATE).values()
            )
            hits = [k for k in range(10, LENGTH) if has(verdicts[k], Level.ERROR, *TREND)]
            found.append(hits[0] - 9 if hits else np.inf)
        share = 100 * np.mean(np.array(found) <= 8)
        print(f"drift of -{points} a checkpoint, found within 8: {share:.0f} %")


def report_lasting(n_runs: int) -> None:
    print(f"\n== lasting shift on all from checkpoint 13 of 20, {n_runs} lone runs")
    for points in (2, 3, 5):
        change = np.where(np.arange(LENGTH)[:, None] >= 12, -points / 100, 0.0)
        seen = once = settled = 0
        for seed in range(n_runs):
            table = changed(World(shape=PLAIN), seed, change)
            verdicts = list(off_trend(prepared(table), GATE).values())
            events = [
                f for v in verdicts[12:] for f in v.findings
                if f.benchmark is None and f.level is Level.ERROR and f.rule in TREND
            ]  # fmt: skip
            seen += bool(events)
            once += len(events) == 1
            settled += any("3 checkpoints agree" in f.message for f in verdicts[12].findings)
        print(
            f"-{points} points: seen {100 * seen / n_runs:.0f} %, exactly one finding "
            f"{100 * once / n_runs:.0f} %, settled within 3 {100 * settled / n_runs:.0f} %"
        )


def report_time() -> None:
    world = World(shape=PLAIN, length=401, n_units=70)
    table = made_run(world, 0)
    last = np.arange(world.length) == world.length - 1
    for what, new in (("all of 401", None), ("one after 400", last)):
        started = time.process_time()
        off_trend(prepared(table, new=new), GATE, new=new)
        spent = time.process_time() - started
        print(f"{what} checkpoints of 70 benchmarks judged: {spent:.2f} s")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)
