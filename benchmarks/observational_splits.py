"""How well do standard benchmarks forecast others, on the published splits of observational laws?

    python benchmarks/observational_splits.py DATA [--wide]

DATA holds `splits/*.csv`: models with their standard scores (`feat_*`), a target (`y_used`), the
published division into train and test, and the published forecasts (`pred_*`) of Ruan, Maddison &
Hashimoto (2024, 2405.10938). Prints the test error (mean squared | mean absolute) of each target.
All but size and FLOPs read the standard scores of the test models; nothing reads their target.

--wide asks more of the same records, beside a replica of the published method: emergent tasks at
other compute cutoffs, each standard benchmark from the others, each agent task and each benchmark
of instruct models with the most capable third held out. Emergent tasks that no training model has
begun to solve are left out and counted: nothing forecasts them, and `forecast` says so.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import curve_fit
from scipy.special import expit

from scalepredict.errors import RefusedError
from scalepredict.evaluation.intervals.calibration import apply_calibration, of_scores
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.predictors.interface import Forecast, Targets
from scalepredict.predictors.observational.capability_link import apply_links, fit_links
from scalepredict.predictors.observational.observational import Observational
from scalepredict.records.table import Checkpoint, EvalTable, Floats, Unit, make_table

SCORES = of_scores(Observational.name)
VARIANTS = (1, 2, 3, None)  # numbers of components; None = averaged
FEW = 5  # test models; the error on fewer is luck
LEAKS = {"arithmetic": "GSM8K"}  # as published: it measures nearly the same
CHANCE = {"MMLU": 0.25, "ARC-C": 0.25, "HellaSwag": 0.25, "Winograd": 0.5, "Winogrande": 0.5}
CHANCE |= {"XWinograd": 0.5}

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


@dataclass(frozen=True)
class Question:
    name: str
    train: EvalTable
    test: EvalTable
    published: dict[str, Floats]

    @property
    def observed(self) -> Floats:
        return self.test.scores[:, -1]


def read_question(path: Path) -> Question:
    rows = pd.read_csv(path)
    kind, _, name = path.stem.partition("_")
    name, _, split = name.partition("__")
    name = f"{name} {split.split('_')[-1]}" if kind == "agents" else name
    leak = next((leaks for start, leaks in LEAKS.items() if name.startswith(start)), "")
    columns = [str(column) for column in rows.columns]
    features = [c for c in columns if c.startswith("feat_") and c != f"feat_{leak}"]
    units = [Unit(benchmark=c[5:], chance=CHANCE.get(c[5:], 0.0)) for c in features]
    scores = rows[[*features, "y_used"]].to_numpy(dtype=float)
    scales = ("Model Size (B)", 1e9), ("Pretraining Data Size (T)", 1e12), ("FLOPs (1E21)", 1e21)
    params, tokens, flops = (_counts(rows[column], unit) for column, unit in scales)
    checkpoints = [
        Checkpoint(model=model, family=family, params=params[i], tokens=tokens[i], flops=flops[i])
        for i, (model, family) in enumerate(zip(rows["Model"], rows["Model Family"], strict=True))
    ]
    table = make_table(checkpoints, [*units, Unit(benchmark=name)], scores)
    test = np.flatnonzero(rows["set"] == "test")
    return Question(
        name=name,
        train=table.take_rows(np.flatnonzero(rows["set"] == "train")),
        test=table.take_rows(test),
        published={
            c[5:]: rows[c].to_numpy(dtype=float)[test] for c in columns if c.startswith("pred_")
        },
    )


def forecast(
    question: Question, components: int | None, *, standard: tuple[str, ...] = ()
) -> Forecast:
    rng = np.random.default_rng(0)
    method = Observational(components=components, standard=standard)
    law = method.fit(question.train, rng=rng)
    known = question.test.take_units(np.arange(len(question.test.units) - 1))
    checkpoints = known.checkpoints
    targets = Targets(
        family=tuple(c.family for c in checkpoints),
        params=known.params,
        tokens=known.tokens,
        flops=known.flops,
        assumption=("",) * len(checkpoints),
        known=known,
    )
    return law.forecast(targets)


def compute_only(question: Question) -> Floats:
    """The same link, with log FLOPs in place of a component."""
    train, test = np.log10(question.train.flops), np.log10(question.test.flops)
    if not (np.isfinite(train).all() and np.isfinite(test).all()):
        return np.full(len(test), np.nan)
    centre, size = train.mean(), train.std()
    links = fit_links(
        ((train - centre) / size)[:, None, None],
        question.train.scores[:, -1:],
        np.zeros(1),
        (1,),
    )
    axis = ((test - centre) / size)[:, None, None]
    return apply_links(links, axis, np.zeros((len(test), 1, 1, 1)))[0][:, 0]


def main(folder: Path) -> None:
    calibration = load_calibration(None)
    header = ["target", "train", "test", "largest", "size*", "FLOPs*", "FLOPs"]
    header += ["1 PC*", "1 PC", "2 PC*", "2 PC", "3 PC*", "3 PC", "auto"]
    table, count = [], 0
    inside: dict[int | None, int] = dict.fromkeys(VARIANTS, 0)
    for path in sorted((folder / "splits").glob("*.csv")):
        question = read_question(path)
        observed = question.observed
        forecasts = {k: forecast(question, k) for k in VARIANTS}
        points = {k: f.point[:, -1] for k, f in forecasts.items()}
        largest = np.full(len(observed), question.train.scores[:, -1].max())
        said = question.published
        absent = np.full(len(observed), np.nan)
        errors = [largest, said.get("model_size", absent), said.get("flops", absent)]
        errors += [compute_only(question)]
        for k in (1, 2, 3):
            errors += [said[f"pc{k}"], points[k]]
        errors += [points[None]]
        table.append((question.name, len(question.train.scores), observed, errors))
        for variant, made in forecasts.items():
            low, high = apply_calibration(made, calibration, SCORES).interval(0.9)
            inside[variant] += int(((low[:, -1] <= observed) & (observed <= high[:, -1])).sum())
        count += len(observed)
    _print(header, table)
    print("* forecasts published with the data; empty: compute unknown for some models")
    held = [f"{k or 'auto'} {hits / count:.1%}" for k, hits in inside.items()]
    few = sum(hits for k, hits in inside.items() if k)
    print(f"90 % intervals cover, of {count} held-out scores, by components: {', '.join(held)};")
    print(f"1, 2 and 3 components together: {few} of {3 * count}, {few / (3 * count):.1%}")


def _print(header: list[str], table: list[tuple[str, int, Floats, list[Floats]]]) -> None:
    lines, squares = [header], []
    for name, n_train, observed, points in table:
        square = [float(np.mean((p - observed) ** 2)) for p in points]
        absolute = [float(np.mean(np.abs(p - observed))) for p in points]
        cells = [f"{s:.4f}|{a:.3f}" for s, a in zip(square, absolute, strict=True)]
        cells = ["" if "nan" in cell else cell for cell in cells]
        lines.append([name, str(n_train), str(len(observed)), *cells])
        squares.append(square)
    several = [len(observed) >= FEW for _, _, observed, _ in table]
    for label, chosen in (("all", [True] * len(table)), (f"{FEW}+ test models", several)):
        means = np.exp(np.nanmean(np.log(np.array(squares)[chosen]), axis=0))
        lines.append([f"geometric mean, {label}", "", "", *(f"{mean:.4f}" for mean in means)])
    means = np.nanmean(np.array(squares), axis=0)
    lines.append(["mean, all", "", "", *(f"{mean:.4f}" for mean in means)])
    width = [max(len(line[i]) for line in lines) for i in range(len(header))]
    for line in lines:
        print("  ".join(cell.ljust(w) for cell, w in zip(line, width, strict=True)).rstrip())
    for k, (theirs, ours) in {1: (4, 5), 2: (6, 7), 3: (8, 9)}.items():
        wins = sum(round(s[ours], 4) <= round(s[theirs], 4) for s in squares)
        print(f"{k} components: at or below the published error on {wins} of {len(squares)}")


def read_wide(folder: Path, name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
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
    base, about = read_wide(folder, "base")
    emergent, _ = read_wide(folder, "emergent")
    flops = about["flops"].dropna()
    for cutoff in CUTOFFS:
        held = flops > cutoff
        for name in map(str, emergent):
            if any(name.startswith(k) and c == cutoff for k, c in PUBLISHED.items()):
                continue
            standard = [b for b in BASE if not (b == "GSM8K" and name.startswith("arithmetic"))]
            known = emergent[name].reindex([m for m in emergent.index if m in flops.index])
            yield "emergent", question(base[standard], known, about, held)
        for name in BASE:
            others = [b for b in BASE if b != name]
            yield "standard", question(base[others], base[name].reindex(flops.index), about, held)
    instruct, about = read_wide(folder, "instruct")
    agents, _ = read_wide(folder, "agents")
    for name in map(str, agents):
        target = agents[name].dropna()
        for ranking in (target, instruct["MMLU"].reindex(target.index)):
            kind = "agents"
            yield kind, question(instruct[INSTRUCT], target, about, _most_capable(ranking))
    for name in map(str, instruct):
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


def wide(folder: Path) -> None:
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


def _counts(column: "pd.Series[float]", unit: float) -> list[float | None]:
    return [value * unit if np.isfinite(value) else None for value in column.astype(float)]


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("data", type=Path)
    options.add_argument("--wide", action="store_true")
    given = options.parse_args()
    (wide if given.wide else main)(given.data)
