"""How well do standard benchmarks forecast others, on the published splits of observational laws?

    python benchmarks/observational_splits.py DATA

DATA holds `splits/*.csv`: models with their standard scores (`feat_*`), a target (`y_used`), the
published division into train and test, and the published forecasts (`pred_*`) of Ruan, Maddison &
Hashimoto (2024, 2405.10938). Prints the test error (mean squared | mean absolute) of each target.
All but size and FLOPs read the standard scores of the test models; nothing reads their target.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from scalepredict.evaluation.calibration import apply_calibration, of_scores
from scalepredict.evaluation.calibration_file import load_calibration
from scalepredict.predictors.capability_link import apply_links, fit_links
from scalepredict.predictors.interface import Forecast, Targets
from scalepredict.predictors.observational import Observational
from scalepredict.records.table import Checkpoint, EvalTable, Floats, Unit, make_table

SCORES = of_scores(Observational.name)
VARIANTS = (1, 2, 3, None)  # numbers of components; None = averaged
FEW = 5  # test models; the error on fewer is luck
LEAKS = {"arithmetic": "GSM8K"}  # as published: it measures nearly the same
CHANCE = {"MMLU": 0.25, "ARC-C": 0.25, "HellaSwag": 0.25, "Winograd": 0.5, "Winogrande": 0.5}
CHANCE |= {"XWinograd": 0.5}


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
    return law.forecast(targets, rng=rng)


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
    inside = dict.fromkeys(VARIANTS, 0)
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
        for k, made in forecasts.items():
            low, high = apply_calibration(made, calibration, SCORES).interval(0.9)
            inside[k] += int(((low[:, -1] <= observed) & (observed <= high[:, -1])).sum())
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


def _counts(column: "pd.Series[float]", unit: float) -> list[float | None]:
    return [value * unit if np.isfinite(value) else None for value in column.astype(float)]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
