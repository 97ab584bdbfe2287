"""A case: files that were changed at random, and a command that reads them."""

import json
from pathlib import Path
from random import Random
from typing import Any

from fuzzing.mutations import (
    big_dump,
    csv_bytes,
    document,
    mutate_text,
    mutate_tree,
    parquet_bytes,
    yaml_dump,
    zipped,
)
from fuzzing.runner import Case, Runner, note
from fuzzing.seeds import (
    BENCHMARKS,
    GATE,
    LADDER,
    OWN,
    harness_trees,
    ladder_rows,
    wide_rows,
    yaml_tree,
)
from fuzzing.values import NONSENSE, TEXTS

from scalepredict.records.text.yaml_text import load_shipped

METHODS = {"last": 5, "mean": 3, "trend": 3, "power_law": 3, "sigmoid": 3, "stack": 1}
KINDS = {
    "csv": 14,
    "wide": 8,
    "jsonl": 10,
    "yaml": 10,
    "parquet": 5,
    "gz": 4,
    "noname": 2,
    "fit": 12,
    "gate": 4,
    "baseline": 4,
    "calibration": 5,
    "benchmarks": 4,
    "import": 10,
    "ladder": 4,
    "options": 3,
    "nonsense": 3,
}


def build(kind: str, rng: Random, work: Path, seeds: dict[str, Any]) -> Case:
    """Write the files of a case; returns argv, allowed exit codes."""
    form = rng.choice(["table", "json", "csv", "markdown"])
    say = ["--format", form]

    def case(argv: list[str], allowed: set[int], form: str, what: str = "") -> Case:
        return Case(argv=argv, allowed=allowed, form=form, what=what)

    def put(name: str, data: bytes) -> str:
        (work / name).write_bytes(data)
        return name

    def reader(name: str) -> tuple[list[str], set[int]]:
        roll = rng.random()
        if roll < 0.65:
            return ["validate", name, *say], {0, 1, 2}
        if roll < 0.82:
            (method,) = rng.choices(list(METHODS), list(METHODS.values()))
            return ["fit", name, "-p", method, "-o", "out.json", *say], {0, 2}
        if roll < 0.87:
            return ["check", name, "--no-ci", *say], {0, 1, 2, 3}
        if roll < 0.9:
            return ["backtest", name, "-p", "last", *say], {0, 2}
        if roll < 0.93:
            return ["compare", name, "--recipe", "fam", "--recipe", "g", *say], {0, 2}
        if roll < 0.96:
            return ["select", name, "--models", "3", *say], {0, 2}
        if roll < 0.98:
            return ["calibrate", name, "-p", "last", "-o", "c.yaml", *say], {0, 2}
        return ["clusters", name, *say], {0, 2}

    shape: dict[str, Any] = {"checkpoints": rng.choice([1, 1, 6]), "tasks": rng.choice([0, 0, 3])}
    if kind == "csv":
        return case(*reader(put("r.csv", csv_bytes(rng, ladder_rows(rng, **shape)))), form)
    if kind == "wide":
        return case(*reader(put("w.csv", csv_bytes(rng, wide_rows(rng)))), form)
    if kind == "jsonl":
        rows = mutate_tree(rng, ladder_rows(rng, **shape), rng.choice([1, 1, 2, 5]))
        data = b"\n".join(big_dump(row) for row in (rows if isinstance(rows, list) else [rows]))
        if rng.random() < 0.2:
            data = mutate_text(rng, data, rng.choice([1, 3]))
        return case(*reader(put("r.jsonl", data)), form)
    if kind == "yaml":
        data = document(rng, yaml_tree(rng), lambda t: yaml_dump(rng, t))
        return case(*reader(put(rng.choice(["r.yaml", "r.json"]), data)), form)
    if kind == "parquet":
        return case(*reader(put("r.parquet", parquet_bytes(rng, ladder_rows(rng)))), form)
    if kind == "gz":
        data = zipped(rng, csv_bytes(rng, ladder_rows(rng), mutate=rng.random() < 0.3))
        return case(
            *reader(put(rng.choice(["r.csv.gz", "r.csv", "r.yaml.gz", "r.jsonl.gz"]), data)), form
        )
    if kind == "noname":
        data = rng.choice(
            [
                csv_bytes(rng, ladder_rows(rng)),
                big_dump(yaml_tree(rng)),
                parquet_bytes(rng, ladder_rows(rng)),
                b"PK\x03\x04" + rng.randbytes(50),
                rng.randbytes(200),
            ]
        )
        return case(*reader(put("r", data)), form)
    if kind == "fit":
        tree = rng.choice(seeds["fits"])
        data = document(rng, tree, big_dump, clean=0.02)
        put("f.json", data)
        roll = rng.random()
        if roll < 0.85:
            return case(
                ["forecast", "-f", "f.json", "--params", "12B", "--tokens", "300B", *say],
                {0, 2},
                form,
            )
        if roll < 0.95:
            return case(
                ["report", "-f", "f.json", "--params", "12B", "--no-plots", "-o", "r.html"],
                {0, 2},
                "",
            )
        put("c.csv", seeds["run"])
        return case(["check", "c.csv", "--fit", "f.json", "--no-ci", *say], {0, 1, 2, 3}, form)
    if kind in ("gate", "baseline"):
        put("c.csv", seeds["run"])
        argv = ["check", "c.csv", "--no-ci", *say]
        if kind == "gate":
            put("g.yaml", document(rng, GATE, lambda t: yaml_dump(rng, t)))
            argv += ["--config", "g.yaml"]
        else:
            put("b.json", document(rng, seeds["baseline"], big_dump))
            argv += ["--baseline", "b.json"]
            if rng.random() < 0.3:
                argv += ["--update-baseline"]
        return case(argv, {0, 1, 2, 3}, form)
    if kind == "calibration":
        (work / "f.json").write_text(seeds["fit_text"])
        put("c.yaml", document(rng, seeds["calibration"], lambda t: yaml_dump(rng, t)))
        argv = ["forecast", "-f", "f.json", "--params", "12B", "--tokens", "300B", *say]
        return case([*argv, "--calibration", "c.yaml"], {0, 2}, form)
    if kind == "benchmarks":
        put("r.csv", csv_bytes(rng, ladder_rows(rng), mutate=False))
        put("b.yaml", document(rng, BENCHMARKS, lambda t: yaml_dump(rng, t)))
        return case(["validate", "r.csv", "--benchmarks", "b.yaml", *say], {0, 1, 2}, form)
    if kind in ("import", "ladder"):
        name, tree = rng.choice(harness_trees(rng))
        clean = kind == "ladder"
        if isinstance(tree, str):
            rows = [line.split(",") for line in tree.strip().split("\n")]
            dicts = [dict(zip(rows[0], r, strict=True)) for r in rows[1:]]
            data = tree.encode() if clean else csv_bytes(rng, dicts).replace(b'"""', b'"')
        elif isinstance(tree, list):
            mutated = tree if clean else mutate_tree(rng, tree, rng.choice([1, 2]))
            data = b"\n".join(map(big_dump, mutated if isinstance(mutated, list) else [mutated]))
        else:
            data = big_dump(tree) if clean else document(rng, tree, big_dump)
        put(name, data)
        argv = ["import", name, "-o", rng.choice(["-", "o.csv", "o.jsonl", "o.csv.gz"])]
        if kind == "ladder" or rng.random() < 0.3:
            put(
                "l.yaml",
                document(rng, LADDER, lambda t: yaml_dump(rng, t), clean=0.0 if clean else 1.0),
            )
            argv += ["--ladder", "l.yaml"]
        argv += rng.choice(
            [
                [],
                [],
                ["--explain"],
                ["--samples"],
                ["--strict"],
                ["--write-ladder", "s.yaml"],
                ["--dry-run"],
            ]
        )
        if rng.random() < 0.15 and not clean:
            return case(["validate", name, *say], {0, 1, 2}, form)
        return case(argv, {0, 2}, "")
    if kind == "options":
        (work / "f.json").write_text(seeds["fit_text"])
        put("c.csv", seeds["run"])

        def text() -> str:
            return str(
                rng.choice([*TEXTS, "12B", "300B", "1e23", "0", "-1", "1e308", "1e-300", "20"])
            )

        if rng.random() < 0.6:
            argv = ["forecast", "-f", "f.json", *say]
            for option in rng.sample(
                [
                    "--params",
                    "--tokens",
                    "--tokens-per-param",
                    "--flops",
                    "--family",
                    "--benchmark",
                    "--seed",
                    "--capabilities-of",
                ],
                rng.choice([1, 2, 3]),
            ):
                argv += [option, text()]
            return case(argv, {0, 2}, form)
        argv = ["check", "c.csv", "--no-ci", *say]
        for option in rng.sample(
            ["--alpha", "--until", "--persistence", "--direction", "--fail-on"], rng.choice([1, 2])
        ):
            argv += [option, text()]
        return case(argv, {0, 1, 2, 3}, form)
    if kind == "nonsense":
        rows = ladder_rows(rng)
        field = rng.choice(list(NONSENSE))
        value = rng.choice(NONSENSE[field])
        for row in rows:
            if field == "successes":
                row["successes"], row["trials"] = round(row["score"] * 1000), 1000
            elif field not in row:
                row[field] = {"loss": 2.5, "task_loss": 1.0, "role": "fit"}.get(
                    field, row["tokens"]
                )
                if field == "flops":
                    row[field] = 6 * row["params"] * row["tokens"]
        rows[rng.randrange(len(rows))][field] = value
        put("n.csv", csv_bytes(rng, rows, mutate=False))
        what = f"{field} = {value!r}"
        return case(["fit", "n.csv", "-p", "last", "-o", "out.json", *say], {0, 2}, form, what)
    raise ValueError(kind)


def make_seeds(runner: Runner, work: Path) -> dict[str, Any]:
    """Fit files of several methods, a run, a baseline and constants, made by the program."""
    rng = Random(0)
    (work / "s.csv").write_bytes(
        csv_bytes(rng, ladder_rows(rng), mutate=False).replace(b"\t", b",").replace(b";", b",")
    )
    fits: list[Any] = []
    text = ""
    for method in (
        "stack",
        "last",
        "trend",
        "power_law",
        "nd_law",
        "two_step",
        "bnsl",
        "sigmoid",
        "observational",
        "skills",
    ):
        result = runner.run(["fit", "s.csv", "-p", method, "-o", "f.json", "-q"])
        if (work / "f.json").exists():
            body = (work / "f.json").read_text()
            fits.append(json.loads(body))
            text = text or body
            (work / "f.json").unlink()
        elif result["problem"]:
            kind, what = result["problem"]
            note(kind, what, "seed", ["fit", method])
    runs = ladder_rows(rng, models=2, benchmarks=3, checkpoints=7, known=OWN)
    runs[-1]["score"] = 0.05
    run = csv_bytes(rng, runs, mutate=False).replace(b"\t", b",").replace(b";", b",")
    (work / "c.csv").write_bytes(run)
    runner.run(["check", "c.csv", "--no-ci", "-q", "--baseline", "b.json", "--update-baseline"])
    baseline: dict[str, Any] = {"schema": "scalepredict.baseline/1", "accepted": []}
    if (work / "b.json").exists():
        baseline = json.loads((work / "b.json").read_text())
    if not baseline["accepted"]:
        baseline["accepted"] = [{"fingerprint": "x", "place": "y", "model": "m", "rule": "drift"}]
    return {
        "fits": fits,
        "fit_text": text,
        "run": run,
        "baseline": baseline,
        "calibration": _small(load_shipped("calibration.yaml").value),
    }


def _small(calibration: dict[str, Any]) -> dict[str, Any]:
    # Of all methods it is ten times as long, and reads no otherwise.
    methods = {name: calibration["predictors"][name] for name in ("stack", "last")}
    return {**calibration, "predictors": methods}
