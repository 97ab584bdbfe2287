"""How do our forecasts compare with the prototype's, cell by cell?

    python benchmarks/forecaster/prototype_cells.py DATA_FOLDER --predictor stack --predictor trend

DATA_FOLDER holds prototype_forecasts.csv.gz and the records that it was made from. Every cell of
that file (series, origin, target, benchmark) is forecast anew; the mean absolute error in points
is averaged over benchmarks, targets, origins and series in turn, as the prototype's was. Three
benchmarks of pythia were scored by another metric there (acc, in the records acc_norm): their cells
are left out, unless --unlike asks to compare each forecast with the score of its own metric.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd

from scalepredict.errors import RefusedError
from scalepredict.predictors.interface import Predictor, Targets
from scalepredict.predictors.registry import predictor_type
from scalepredict.records.table import Checkpoint, EvalTable, Unit, make_table

KEY = ["model", "params", "tokens", "loss"]
BINS = {"2x": 1.2, "4x": 2.83, "8x": 5.66, "16x": 11.3, "32x": 22.6, "64x+": 45.3}
OPEN_LM = {
    "c4_original": "openlm-c4",
    "rpj": "openlm-redpajama",
    "rw_original": "openlm-refinedweb",
}
ROUNDING = 1e-4  # relative; the file holds five digits


def long_records(folder: Path, name: str) -> pd.DataFrame:
    rows = pd.read_csv(folder / f"{name}.csv.gz").astype({"params": float, "tokens": float})
    for column in ("loss", "task_loss", "n_items"):
        rows[column] = rows.get(column, np.nan)
    return rows.fillna({"chance": 0.0})


def pythia(folder: Path, shots: str, variant: str) -> pd.DataFrame:
    rows = long_records(folder, "pythia_0shot" if shots == "zero" else "pythia_5shot")
    rows = rows[rows.family == ("pythia-pile" if variant == "std" else "pythia-pile-deduped")]
    rows = rows[rows.tokens == rows.tokens.max()]
    means = {"score": "mean", "task_loss": "mean", "n_items": "sum", "chance": "mean"}
    keys = [*KEY, "benchmark"]
    return pd.DataFrame(rows.groupby(keys, dropna=False, as_index=False, sort=False).agg(means))


def gemstones(folder: Path) -> pd.DataFrame:
    rows = long_records(folder, "gemstones")
    rows = rows[rows.task.isna()]
    # Seven of the 35 checkpoints, roughly doubling; sizes with both embedding matrices.
    per_step = rows.tokens.min()
    rows = rows[(rows.tokens / per_step).round().isin([1, 2, 4, 8, 16, 32, 35])].copy()
    width = rows.model.str.extract(r"-(\d+)x")[0].astype(float)
    rows["params"] += 2 * 50304 * width
    return pd.DataFrame(rows.replace({"arc_challenge": "arc_c", "arc_easy": "arc_e"}))


def records_of(folder: Path, series: str) -> pd.DataFrame:
    if series == "gemstones":
        return gemstones(folder)
    kind, _, rest = series.partition("-")
    if kind == "pythia":
        shots, _, variant = rest.partition("-")
        return pythia(folder, shots, variant)
    name, family = ("gadre_104", OPEN_LM[rest]) if kind == "mlf" else ("observational_base", rest)
    rows = long_records(folder, name)
    return rows[rows.family == family]


def table_of(rows: pd.DataFrame, series: str) -> EvalTable:
    rows = rows[rows.tokens.notna()]
    models = rows[KEY].drop_duplicates(["model", "tokens"]).reset_index(drop=True)
    units = rows[["benchmark", "chance"]].drop_duplicates("benchmark")
    scales = pd.MultiIndex.from_frame(models[["model", "tokens"]])

    def grid(column: str) -> np.ndarray:
        wide = rows.pivot(index=["model", "tokens"], columns="benchmark", values=column)
        return wide.reindex(scales)[list(units.benchmark)].to_numpy(dtype=float)

    checkpoints = [
        Checkpoint(
            model=model,
            family=series,
            params=params,
            tokens=tokens,
            flops=6 * params * tokens,
            loss=None if np.isnan(loss) else loss,
        )
        for model, params, tokens, loss in models.to_numpy().tolist()
    ]
    columns = [Unit(benchmark=name, chance=chance) for name, chance in units.to_numpy().tolist()]
    return make_table(
        checkpoints,
        columns,
        grid("score"),
        n_items=grid("n_items"),
        task_loss=grid("task_loss"),
    )


def places_of(table: EvalTable, cells: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Row and column of the table for each cell."""
    params, tokens = (cells[[name]].to_numpy() for name in ("params", "tokens"))
    near = np.isclose(table.params, params, rtol=ROUNDING)
    near &= np.isclose(table.tokens, tokens, rtol=ROUNDING)
    assert (near.sum(axis=1) == 1).all()
    column = {unit.benchmark: j for j, unit in enumerate(table.units)}
    return near.argmax(axis=1), np.array([column[name] for name in cells.benchmark])


def forecast_cells(table: EvalTable, cells: pd.DataFrame, predictor: Predictor) -> np.ndarray:
    """Our forecast for each row of ``cells``, all of one series."""
    forecast = np.full(len(cells), np.nan)
    places, columns = places_of(table, cells)
    rng = np.random.default_rng(0)
    for origin, rows in cells.groupby("origin_flops").indices.items():
        train = table.take_rows(table.flops <= float(str(origin)) * (1 + ROUNDING))
        assert len(train.checkpoints) == cells.n_train.iloc[rows[0]]
        place, j = places[rows], columns[rows]
        targets = Targets.of_table(table.take_rows(np.unique(place)))
        try:
            law = predictor.fit(train, rng=rng)
        except RefusedError:
            continue
        point = law.forecast(targets).point
        forecast[rows] = point[np.searchsorted(np.unique(place), place), j]
    return forecast


def mean_error(cells: pd.DataFrame, forecast: pd.Series, observed: pd.Series) -> pd.DataFrame:
    """MAE in points by group and factor bin; cells without a forecast are left out."""
    edges = [*BINS.values(), np.inf]
    cells = cells.assign(
        error=100 * np.abs(forecast - observed),
        bin=pd.cut(cells.factor, edges, right=False, labels=list(BINS)),
    )
    levels = ["group", "bin", "series", "origin_flops", "params", "tokens"]
    error = cells.groupby(levels, observed=True).error.mean()
    while error.index.nlevels > 2:
        error = error.groupby(level=list(range(error.index.nlevels - 1)), observed=True).mean()
    return error.unstack("bin").reindex(columns=list(BINS))


def seven_billion(tables: dict[str, EvalTable], predictor: Predictor) -> str:
    """Errors on the 6.9B open_lm models (20 tokens per parameter) from runs up to 0.41B.

    The published laws on the same runs err by 5.3 points (a line of log(-log Q) in log C), 7.1
    (logistic in log C), 5.9 (with a ceiling) and 4.4 (through the loss, with a free ceiling).
    """
    errors = []
    for table in tables.values():
        ratio = table.tokens / table.params
        train = table.take_rows((table.params < 5e8) & (ratio > 19))
        target = table.take_rows((table.params > 5e9) & (ratio < 25))
        rng = np.random.default_rng(0)
        forecast = predictor.fit(train, rng=rng).forecast(Targets.of_table(target))
        errors.append(100 * (forecast.point - target.scores).ravel())
    every = np.concatenate(errors)
    size = np.abs(every)
    return (
        f"MAE {np.nanmean(size):.2f}, median {np.nanmedian(size):.2f}, "
        f"p90 {np.nanquantile(size, 0.9):.1f}, bias {np.nanmean(every):+.1f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--predictor", action="append", required=True)
    parser.add_argument("--group", action="append", help="pythia, mlf, gem or fam; default all")
    parser.add_argument("--unlike", action="store_true", help="keep cells of another metric")
    parser.add_argument("--cells", type=Path, help="write every cell with our forecasts (CSV)")
    arguments = parser.parse_args()

    proto = pd.read_csv(arguments.folder / "prototype_forecasts.csv.gz")
    if arguments.group:
        proto = proto[proto.group.isin(arguments.group)]
    keys = [c for c in proto.columns if c not in ("method", "forecast", "scale")]
    cells = proto.pivot(index=keys, columns="method", values="forecast").reset_index()
    methods = [c for c in cells.columns if c not in keys]
    tables = {s: table_of(records_of(arguments.folder, s), s) for s in cells.series.unique()}
    measured = np.full(len(cells), np.nan)
    for series, rows in cells.groupby("series").indices.items():
        table = tables[str(series)]
        measured[rows] = table.scores[places_of(table, cells.iloc[rows])]
    cells["measured"] = measured
    unlike = np.abs(measured - cells.observed) > 1e-5
    print(f"{unlike.sum()} of {len(cells)} cells were scored by another metric", end=": ")
    print("compared with their own scores" if arguments.unlike else "left out")
    for name in arguments.predictor:
        ours, began = np.full(len(cells), np.nan), time.perf_counter()
        for series, rows in cells.groupby("series").indices.items():
            predictor = predictor_type(name)()
            ours[rows] = forecast_cells(tables[str(series)], cells.iloc[rows], predictor)
        cells[f"ours: {name}"] = ours
        seconds = time.perf_counter() - began
        print(f"{name}: {seconds:.1f} s, {np.isnan(ours).mean():.1%} of cells without a forecast")
    if not arguments.unlike:
        cells = cells[~unlike]
    errors = {c: mean_error(cells, cells[c], cells.observed) for c in methods}
    ours_all = [c for c in cells.columns if str(c).startswith("ours")]
    errors |= {c: mean_error(cells, cells[c], cells.measured) for c in ours_all}
    summary = pd.concat(errors, names=["method"]).swaplevel().sort_index()
    skill = {c: (e / errors["last"]).mean(axis=1) for c, e in errors.items()}
    summary["skill"] = pd.concat(skill, names=["method"]).swaplevel()
    print(summary.round(2).assign(skill=summary.skill.round(3)).to_string())
    print("mean skill:", summary.skill.groupby("method").mean().round(3).to_dict())
    open_lm = {s: table for s, table in tables.items() if s.startswith("mlf")}
    for name in arguments.predictor if open_lm else ():
        print(f"6.9B from 0.41B, {name}: {seven_billion(open_lm, predictor_type(name)())}")
    if arguments.cells:
        cells.to_csv(arguments.cells, index=False)


if __name__ == "__main__":
    main()
