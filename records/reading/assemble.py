"""How do rows become one table? Number checkpoints and units, fill cells, refuse clashes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from scalepredict.errors import RecordError
from scalepredict.records.admission import is_score
from scalepredict.records.benchmarks import BenchmarkMetadata
from scalepredict.records.formats.record_columns import SIZES
from scalepredict.records.formats.rows import Rows
from scalepredict.records.table import (
    FLOPS_PER_PARAM_TOKEN,
    Checkpoint,
    EvalTable,
    Floats,
    Ints,
    Unit,
)
from scalepredict.records.text.counts import format_count
from scalepredict.records.units import Key, labelled, whole_key

DEFAULT_FAMILY = "default"  # as in Checkpoint
ASSUMED_RATIO = 20.0  # tokens per parameter (Hoffmann et al. 2022, 2203.15556)
ROUNDING = 1e-9  # relative: numbers this close are one, in two forms such as 1.14576 (1E21)
_ROLES = ("fit", "holdout", "target", "anchor")
_REPEATS = (
    ". Runs of several seeds have them in a column `seed`; repeated answers to a question are "
    "added up with --answers."
)
_CELLS = ("score", "n_items", "stderr", "task_loss")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Assembled:
    """A table, and what was done to make it (see ReadReport)."""

    table: EvalTable
    n_merged: int
    derived: dict[str, int]
    chance_from_metadata: tuple[str, ...]
    n_items_from_metadata: tuple[str, ...]


def assemble(rows: Rows, metadata: BenchmarkMetadata) -> Assembled:
    """Build the table of rows; every row has a model, a benchmark and a score or task loss.

    Raises:
        RecordError: Rows contradict each other.
    """
    rows = rows.with_default("family", DEFAULT_FAMILY)
    checkpoint_of = _checkpoint_codes(rows)
    unit_of = _codes(rows, ("benchmark", "task", "metric", "variant"), ("shots",))
    checkpoints, derived = _checkpoints(rows, checkpoint_of)
    units, from_metadata = _units(rows, unit_of, metadata)
    shape = (len(checkpoints), len(units))
    cell_of = checkpoint_of * shape[1] + unit_of
    del checkpoint_of, unit_of  # as large as a column of the records
    cells = {name: _fill(rows, name, cell_of, shape) for name in _CELLS}
    filled = np.zeros(shape[0] * shape[1], dtype=bool)
    filled[cell_of] = True
    counted = _default_items(units, cells["score"], cells["n_items"], metadata)
    table = EvalTable(
        checkpoints=checkpoints,
        units=units,
        scores=cells["score"],
        n_items=cells["n_items"],
        stderr=cells["stderr"],
        task_loss=cells["task_loss"],
    )
    return Assembled(
        table=_named_columns(_losses_beside_scores(table, metadata)),
        n_merged=len(rows) - int(filled.sum()),
        derived=derived,
        chance_from_metadata=from_metadata,
        n_items_from_metadata=counted,
    )


def _codes(rows: Rows, texts: Sequence[str], numbers: Sequence[str] = ()) -> Ints:
    # Number the distinct combinations in order of first appearance.
    code = np.zeros(len(rows), dtype=np.int64)
    present = [rows.texts[name].codes for name in texts if name in rows.texts]
    present += [pd.factorize(rows.numbers[name])[0] for name in numbers if name in rows.numbers]
    for codes in present:
        part = codes.astype(np.int64) + 1
        code = pd.factorize(code * (part.max(initial=0) + 1) + part)[0].astype(np.int64)
    return code.astype(np.intp, copy=False)


def _checkpoint_codes(rows: Rows) -> Ints:
    # A checkpoint is (model, tokens seen); without tokens, its FLOPs or its step tell it apart.
    tokens, flops, step = (rows.number(name) for name in ("tokens", "flops", "step"))
    if not np.isnan(tokens).any():
        return _codes(rows, ("family", "model", "phase"), ("tokens",))
    kind = np.select([~np.isnan(tokens), ~np.isnan(flops), ~np.isnan(step)], [1.0, 2.0, 3.0], 0.0)
    position = np.select([kind == 1, kind == 2], [tokens, flops], step)
    placed = rows.with_numbers({"kind": kind, "position": position})
    return _codes(placed, ("family", "model", "phase"), ("kind", "position"))


def _one_number(rows: Rows, name: str, code: Ints, n: int, what: str) -> Floats:
    # The value of each group, NaN if no row has it; two different values are a contradiction.
    if name not in rows.numbers:
        return np.full(n, np.nan)
    values = rows.number(name)
    known = ~np.isnan(values)
    # No copies of what is complete: columns of ten million rows are.
    group, value = (code, values) if known.all() else (code[known], values[known])
    result = np.full(n, np.nan)
    result[group[::-1]] = value[::-1]  # the first row of a group wins
    clash = np.flatnonzero(result[group] != value)
    clash = clash[np.abs(result[group[clash]] - value[clash]) > ROUNDING * np.abs(value[clash])]
    if len(clash):
        row = int(np.flatnonzero(known)[clash[0]])
        first = int(np.argmax(known & (code == code[row])))
        raise RecordError(
            f"{rows.where(row)}: {name} {values[row]:.15g} contradicts {name} {values[first]:.15g} "
            f"at {rows.where(first)}, for the same {what}; correct or remove one of them"
            f"{_REPEATS if name == 'score' else '.'}"
        )
    return result


def _one_text(rows: Rows, name: str, code: Ints, n: int, what: str) -> list[str]:
    column = rows.text(name)
    known = np.flatnonzero(column.codes >= 0)
    chosen = np.full(n, -1)
    chosen[code[known][::-1]] = column.codes[known][::-1]
    clash = known[chosen[code[known]] != column.codes[known]]
    if len(clash):
        row = int(clash[0])
        first = int(known[np.argmax(code[known] == code[row])])
        raise RecordError(
            f"{rows.where(row)}: {name} {column[row]!r} contradicts {name} {column[first]!r} at "
            f"{rows.where(first)}, for the same {what}; correct or remove one of them."
        )
    texts = [*map(str, column.categories), ""]  # the last one serves code -1
    return [texts[c] for c in chosen.tolist()]


def _first_rows(code: Ints, n: int) -> Ints:
    first = np.zeros(n, dtype=np.intp)
    first[code[::-1]] = np.arange(len(code))[::-1]
    return first


def _checkpoints(rows: Rows, code: Ints) -> tuple[tuple[Checkpoint, ...], dict[str, int]]:
    n = int(code.max(initial=-1)) + 1
    first = _first_rows(code, n)
    names = {name: _names(rows, name, first) for name in ("family", "model", "phase")}
    roles = _one_text(rows, "role", code, n, "checkpoint")
    values = {
        name: _one_number(rows, name, code, n, "checkpoint")
        for name in (*SIZES, "step", "fraction", "seed", "loss")
    }
    told = {name: _one_text(rows, name, code, n, "checkpoint") for name in ("lab", "kind")}
    flops_given = ~np.isnan(values["flops"])
    derived = _derive(values)
    derived["from_flops"] = _assume_sizes(values, names["family"])
    checkpoints = tuple(
        Checkpoint(
            model=names["model"][i],
            family=names["family"][i],
            flops_given=bool(flops_given[i]),
            phase=names["phase"][i],
            role=_role(roles[i], rows, int(first[i])),
            lab=told["lab"][i],
            kind=told["kind"][i],
            source=rows.sources[rows.source[first[i]]],
            line=int(rows.lines[first[i]]),
            **{name: None if np.isnan(v[i]) else float(v[i]) for name, v in values.items()},
        )
        for i in range(n)
    )
    _one_size_per_model(checkpoints)
    return checkpoints, derived


def _derive(values: dict[str, Floats]) -> dict[str, int]:
    # C = 6 N D: any two give the third. Of a mixture of experts, the active parameters compute.
    bare = np.isnan(values["params"])
    values["params"] = np.where(bare, values["params_non_embedding"], values["params"])
    params, tokens, flops = values["params"], values["tokens"], values["flops"]
    active = np.where(np.isnan(values["params_active"]), params, values["params_active"])
    computed = {
        "flops": FLOPS_PER_PARAM_TOKEN * active * tokens,
        "tokens": flops / (FLOPS_PER_PARAM_TOKEN * active),
        "params": flops / (FLOPS_PER_PARAM_TOKEN * tokens),
    }
    derived = {"non_embedding": int((bare & ~np.isnan(params)).sum())}
    for name, candidate in computed.items():
        missing = np.isnan(values[name]) & ~np.isnan(candidate)
        values[name] = np.where(missing, candidate, values[name])
        derived[name] = int(missing.sum())
    return derived


def _assume_sizes(values: dict[str, Floats], families: Sequence[str]) -> int:
    # FLOPs alone are enough for a law of compute; a family without any size is put on one track.
    params, tokens, flops = values["params"], values["tokens"], values["flops"]
    sized = {f for f, n, d in zip(families, params, tokens, strict=True) if n == n or d == d}
    bare = ~np.isnan(flops) & np.array([family not in sized for family in families], dtype=bool)
    assumed = np.sqrt(flops / (FLOPS_PER_PARAM_TOKEN * ASSUMED_RATIO))
    values["params"] = np.where(bare, assumed, params)
    values["tokens"] = np.where(bare, ASSUMED_RATIO * assumed, tokens)
    return int(bare.sum())


def _role(role: str, rows: Rows, row: int) -> str:
    if role and role not in _ROLES:
        raise RecordError(
            f"{rows.where(row)}: role {role!r} is not known; write {', '.join(_ROLES)}, or leave "
            "it empty for fit."
        )
    return role or "fit"


def _one_size_per_model(checkpoints: Sequence[Checkpoint]) -> None:
    seen: dict[tuple[str, str], Checkpoint] = {}
    for c in checkpoints:
        if c.params is None:
            continue
        old = seen.setdefault((c.family, c.model), c)
        if old.params is not None and old.params != c.params:
            raise RecordError(
                f"{c.source}, line {c.line}: model {c.model!r} has {format_count(c.params)} params "
                f"here and {format_count(old.params)} at {old.source}, line {old.line}; give each "
                "model its own name, or correct one of them."
            )


def _units(
    rows: Rows, code: Ints, metadata: BenchmarkMetadata
) -> tuple[tuple[Unit, ...], tuple[str, ...]]:
    n = int(code.max(initial=-1)) + 1
    first = _first_rows(code, n)
    texts = ("benchmark", "task", "metric", "variant")
    names = {name: _names(rows, name, first) for name in texts}
    entries = {benchmark: metadata.find(benchmark) for benchmark in set(names["benchmark"])}
    shots = rows.number("shots")[first]
    chances = _one_number(rows, "chance", code, n, "benchmark")
    suites = _one_text(rows, "suite", code, n, "benchmark")
    by_name = {name: metadata.metrics.find(name) for name in set(names["metric"])}
    fractions = {name: is_score(metric) for name, metric in by_name.items()}
    units: list[Unit] = []
    from_metadata: dict[str, None] = {}
    for i in range(n):
        benchmark = names["benchmark"][i]
        entry = entries[benchmark]
        metric = by_name[names["metric"][i]]
        is_fraction = fractions[names["metric"][i]]
        own = None if entry is None else entry.chance_of(metric, names["task"][i])
        known = metric.chance if own is None else own
        given = not np.isnan(chances[i])
        if not given and known is not None:
            from_metadata[benchmark] = None
        units.append(
            Unit(
                benchmark=benchmark,
                task=names["task"][i],
                metric=names["metric"][i],
                variant=names["variant"][i],
                shots=None if np.isnan(shots[i]) else int(shots[i]),
                chance=float(chances[i]) if given else known or 0.0,
                chance_assumed=not given and known is None and is_fraction,
                measure=None if is_fraction else metric,
                suite=suites[i] or (entry.suite if entry and entry.suite else ""),
                asymptote=entry.asymptote if entry and metric.direction == "lower" else None,
            )
        )
    return tuple(units), tuple(from_metadata)


def _fill(rows: Rows, name: str, cell_of: Ints, shape: tuple[int, int]) -> Floats:
    what = "checkpoint, benchmark and task"
    return _one_number(rows, name, cell_of, shape[0] * shape[1], what).reshape(shape)


def _default_items(
    units: Sequence[Unit], scores: Floats, n_items: Floats, metadata: BenchmarkMetadata
) -> tuple[str, ...]:
    counted: dict[str, None] = {}
    known = {b for b in {unit.benchmark for unit in units} if metadata.has_items(b)}
    for column, unit in enumerate(units):
        if unit.benchmark not in known:
            continue
        default = metadata.n_items(unit.benchmark, unit.task, unit.metric)
        missing = np.isnan(n_items[:, column]) & ~np.isnan(scores[:, column])
        if default is not None and missing.any():
            n_items[missing, column] = default
            counted[unit.benchmark] = None
    return tuple(counted)


def _losses_beside_scores(table: EvalTable, metadata: BenchmarkMetadata) -> EvalTable:
    # The loss of the right answer is a covariate of the scores of its benchmark and task.
    kinds = {name: metadata.metrics.find(name).kind for name in {u.metric for u in table.units}}
    losses = [t for t, unit in enumerate(table.units) if kinds[unit.metric] == "loss"]
    if not losses:
        return table
    places: dict[tuple[str, str], list[int]] = {}
    for t, unit in enumerate(table.units):
        if kinds[unit.metric] != "loss":
            places.setdefault((unit.benchmark, unit.task), []).append(t)
    task_loss, gone = table.task_loss.copy(), set()
    for t in losses:
        unit = table.units[t]
        beside = places.get((unit.benchmark, unit.task), [])
        free = [i for i in beside if np.isnan(task_loss[:, i]).all()]
        task_loss[:, free] = table.task_loss[:, [t]]
        if free and np.isnan(table.scores[:, t]).all():
            gone.add(t)
    kept = [t for t in range(len(table.units)) if t not in gone]
    return replace(table, task_loss=task_loss).take_units(kept)


def _named_columns(table: EvalTable) -> EvalTable:
    # Of several columns of a benchmark, the one with the most scores stands for it in averages.
    units = list(labelled(table.units))
    counts: dict[str, dict[Key, int]] = {}
    for t, unit in enumerate(units):
        if unit.label:
            of_column = counts.setdefault(unit.benchmark, {})
            n_scores = int(np.isfinite(table.scores[:, t]).sum())
            of_column[whole_key(unit)] = of_column.get(whole_key(unit), 0) + n_scores
    for t, unit in enumerate(units):
        if unit.label:
            of_column = counts[unit.benchmark]
            if whole_key(unit) != max(of_column, key=lambda key: of_column[key]):
                units[t] = replace(unit, suite="")
    return replace(table, units=tuple(units))


def _names(rows: Rows, column: str, at: Ints) -> list[str]:
    names = rows.text(column)
    texts = [*map(str, names.categories), ""]  # the last one serves code -1
    return [texts[code] for code in names.codes[at].tolist()]
