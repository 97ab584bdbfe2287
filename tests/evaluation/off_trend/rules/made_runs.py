"""Runs whose truth is known, as a rule sees them: lines in ln(tokens) with binomial noise."""

from dataclasses import replace

import numpy as np

from scalepredict.evaluation.off_trend.gate_file import load_gate
from scalepredict.evaluation.off_trend.rules.gate import Gate
from scalepredict.evaluation.off_trend.rules.scene import Evidence, Scene
from scalepredict.evaluation.off_trend.walk_runs import gather, walk
from scalepredict.records.table import Checkpoint, EvalTable, Floats, Unit, make_table

GATE = load_gate().gate
N_ITEMS, N_UNITS, LENGTH = 2000, 6, 12
TOKENS = np.linspace(20e9, 240e9, LENGTH)


def runs(seed: int, *sizes: float, gain: float = 0.1) -> EvalTable:
    """One run for each size; larger ones are better by ``gain`` for each factor of e."""
    rng = np.random.default_rng(seed)
    start, slope = rng.uniform(0.35, 0.45, N_UNITS), rng.uniform(0.02, 0.06, N_UNITS)
    line = start + slope * np.log(TOKENS / TOKENS[0])[:, None]
    truth = np.concatenate([line + gain * np.log(n / sizes[0]) for n in sizes])
    return make_table(
        [
            Checkpoint(
                model=f"r{i}",
                family="f",
                params=n,
                tokens=float(d),
                flops=float(6 * n * d),
                step=float(d / 1e6),
            )
            for i, n in enumerate(sizes)
            for d in TOKENS
        ],
        [Unit(benchmark=f"b{t}", chance=0.25, metric="acc", shots=0) for t in range(N_UNITS)],
        rng.binomial(N_ITEMS, truth) / N_ITEMS,
        n_items=np.full(truth.shape, float(N_ITEMS)),
    )


def changed(table: EvalTable, row: int, change: Floats | float) -> EvalTable:
    scores = table.scores.copy()
    scores[row] = np.clip(scores[row] + change, 0, 1)
    return table.with_scores(scores)


def scene(table: EvalTable, k: int, *, gate: Gate = GATE, run: int = 0, **more: object) -> Scene:
    """Checkpoint ``k`` of a run, walked."""
    evidence: Evidence = replace(gather(table, gate), **more)  # type: ignore[arg-type]
    chosen = evidence.runs[run]
    walked = walk(evidence, chosen).trials
    return Scene(evidence=evidence, gate=gate, run=chosen, k=k, walked=walked)
