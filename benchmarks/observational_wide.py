"""Do forecasts from standard scores hold on more than the published splits?

    python benchmarks/observational_wide.py DATA

Questions made of the same records: emergent tasks at other compute cutoffs, each standard benchmark
from the others, each agent task and each benchmark of instruct models with the most capable third
held out. Prints, for each kind and number of components, the geometric and the plain mean of the
test errors (mean squared) beside those of the published method (Ruan, Maddison & Hashimoto 2024,
2405.10938; cells filled by a component, unweighted components, sigmoid with a floor), and how often
90 % intervals hold. Emergent tasks that no training model has begun to solve are left out and
counted: nothing forecasts them, and `forecast` says so.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from observational_splits import CHANCE, SCORES, VARIANTS, Question, forecast
from scipy.optimize import curve_fit
from scipy.special import expit

from scalepredict.errors import RefusedError
from scalepredict.evaluation.calibration import apply_calibration
from scalepredict.evaluation.calibration_file import load_calibration
from scalepredict.records.table import Checkpoint, Floats, Unit, make_table

BASE = ["MMLU", "ARC-C", "HellaSwag", "Winograd", "TruthfulQA", "GSM8K", "XWinograd", "HumanEval"]
INSTRUCT = ["MMLU", "ARC-C", "HellaSwag", "Winogrande", "TruthfulQA", "GSM8K", "HumanEval"]
CUTOFFS = (8.4e21, 22e21, 40e21, 84e21, 160e21)
PUBLISHED = {
    "arithmetic": 22e21,
    "word": 84e21,
    "parsinlu": 84e21,
    "ipa_transliterate_2_bleu": 84e21,
}
LEAST_TRAIN, LEAST_TEST = 7, 2
BEGUN = 0.05  # of the best three training models, above chance
THIRD = 0.3


def read(folder: Path, name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = pd.read_csv(folder / f"observational_{name}.csv.gz")
    wide = rows.pivot_table(index="model", columns="benchmark", values="score", aggfunc="first")
    return wide, rows.groupby("model")[["family", "params", "tokens", "flops"]].first()


def question(
    features: pd.DataFrame, target: "pd.Series[float]", info: pd.DataFrame, held: "pd.Series[bool]"
) -> Question:
    features = features.reindex([m for m in target.dropna().index if m in features.index])
    features = features[features.notna().sum(axis=1) >= 2]
    models = [str(model) for model in features.index]
    checkpoints = [Checkpoint(model=m, family=str(info["family"].get(m, ""))) for m in models]
    units = [Unit(benchmark=c, chance=CHANCE.get(c, 0.0)) for c in map(str, features.columns)]
    scores = np.column_stack([features.to_numpy(dtype=float), target.reindex(models).to_numpy()])
    table = make_table(checkpoints, [*units, Unit(benchmark=f"{target.name} ")], scores)
    test = held.reindex(models, fill_value=False).to_numpy(dtype=bool)
    return Question(
        name=str(target.name),
        train=table.take_rows(np.flatnonzero(~test)),
        test=table.take_rows(np.flatnonzero(test)),
        published={},
    )


def questions(folder: Path) -> Iterator[tuple[str, Question]]:
    base, about = read(folder, "base")
    emergent, _ = read(folder, "emergent")
    flops = about["flops"].dropna()
    for cutoff in CUTOFFS:
        held = flops > cutoff
        for name in emergent:
            if any(name.startswith(k) and c == cutoff for k, c in PUBLISHED.items()):
                continue
            standard = [b for b in BASE if not (b == "GSM8K" and name.startswith("arithmetic"))]
            known = emergent[name].reindex([m for m in emergent.index if m in flops.index])
            yield "emergent", question(base[standard], known, about, held)
        for name in BASE:
            others = [b for b in BASE if b != name]
            yield "standard", question(base[others], base[name].reindex(flops.index), about, held)
    instruct, about = read(folder, "instruct")
    agents, _ = read(folder, "agents")
    for name in agents:
        target = agents[name].dropna()
        for ranking in (target, instruct["MMLU"].reindex(target.index)):
            kind = "agents"
            yield kind, question(instruct[INSTRUCT], target, about, _most_capable(ranking))
    for name in instruct:
        target = instruct[name].dropna()
        ranking = instruct["ARC-C" if name == "MMLU" else "MMLU"].reindex(target.index)
        others = [b for b in INSTRUCT if b != name]
        yield "instruct", question(instruct[others], target, about, _most_capable(ranking))


def _most_capable(ranking: "pd.Series[float]") -> "pd.Series[bool]":
    return ranking.rank(ascending=False) <= max(round(THIRD * len(ranking)), LEAST_TEST)


def published(asked: Question, components: int) -> Floats:
    train, test = asked.train.scores, asked.test.scores
    known, wanted = _filled(train[:, :-1], test[:, :-1])
    centre = known.mean(axis=0)
    axes = np.linalg.svd(known - centre, full_matrices=False)[2][:components]
    axes = axes * np.sign(axes.sum(axis=1))[:, None]

    def curve(x: Floats, level: float, floor: float, *weights: float) -> Floats:
        return np.asarray((1 - floor) * expit(level + x @ np.array(weights)) + floor)

    free = [np.inf] * components
    fitted, _ = curve_fit(
        curve,
        (known - centre) @ axes.T,
        train[:, -1],
        p0=[0.03, 0.0, *[0.03] * components],
        bounds=([-np.inf, 0, *(-f for f in free)], [np.inf, 0.2, *free]),
        max_nfev=20000,
    )
    return curve((wanted - centre) @ axes.T, *fitted)


def _filled(train: Floats, test: Floats) -> tuple[Floats, Floats]:
    mean, size = np.nanmean(train, axis=0), np.nanstd(train, axis=0)
    tables = [(scores - mean) / size for scores in (train, test)]
    missing = [np.isnan(table) for table in tables]
    known, wanted = (np.where(m, 0.0, t) for m, t in zip(missing, tables, strict=True))
    for _ in range(200):
        centre = known.mean(axis=0)
        axis = np.linalg.svd(known - centre, full_matrices=False)[2][:1]
        known = np.where(missing[0], (known - centre) @ axis.T @ axis + centre, known)
        wanted = np.where(missing[1], (wanted - centre) @ axis.T @ axis + centre, wanted)
    return np.clip(known * size + mean, 0, 1), np.clip(wanted * size + mean, 0, 1)


def main(folder: Path) -> None:
    calibration = load_calibration(None)
    ours: dict[tuple[str, int | None], list[float]] = {}
    theirs: dict[tuple[str, int | None], list[float]] = {}
    inside: dict[tuple[str, int | None], list[bool]] = {}
    left_out = 0
    for kind, asked in questions(folder):
        y, observed = asked.train.scores[:, -1], asked.observed
        if len(y) < LEAST_TRAIN or len(observed) < LEAST_TEST:
            continue
        if np.sort(y)[-3:].mean() - (0.25 if "parsinlu" in asked.name else 0) < BEGUN:
            left_out += 1
            continue
        for k in VARIANTS:
            try:
                made = forecast(asked, k)
                rival = published(asked, k) if k else None
            except (RefusedError, RuntimeError):
                continue
            key = kind, k
            error = float(np.mean((made.point[:, -1] - observed) ** 2))
            if not np.isfinite(error):
                continue
            ours.setdefault(key, []).append(error)
            if rival is not None:
                theirs.setdefault(key, []).append(float(np.mean((rival - observed) ** 2)))
            low, high = apply_calibration(made, calibration, SCORES).interval(0.9)
            held = (low[:, -1] <= observed) & (observed <= high[:, -1])
            inside.setdefault(key, []).extend(held.tolist())
    print("errors: geometric mean | mean of mean squared errors; share of 90 % intervals that hold")
    print(f"{'kind':10} components questions  {'ours':>15}  {'published':>15}  {'in 90':>6}")
    for (kind, k), errors in ours.items():
        rival_text = _both(theirs.get((kind, k), []))
        print(
            f"{kind:10} {k or 'auto':>10} {len(errors):9}  {_both(errors):>15}  {rival_text:>15}"
            f"  {np.mean(inside[kind, k]):6.1%}"
        )
    print(f"{left_out} emergent questions left out: no training model has begun to solve them")


def _both(errors: list[float]) -> str:
    if not errors:
        return ""
    geometric = np.exp(np.mean(np.log(np.maximum(errors, 1e-4))))
    return f"{geometric:.4f} | {np.mean(errors):.4f}"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
