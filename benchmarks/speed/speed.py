"""How long do `fit` and `--help` take as a user runs them? Whole processes, imports told apart.

    python benchmarks/speed/speed.py [RECORDS [FAMILY]]

Without records, 35 models x 46 benchmarks are made from a seed. Goals: `fit` at most 2 s in all,
of which imports at most 1 s; `--help` at most 0.3 s. Exits with 1 where one is missed. CPU time
stands beside the wall time, to tell a slow program from a busy machine.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

REPEATS = 5
IMPORTS = """
import scalepredict.cli.app, scalepredict.cli.commands.fit, scalepredict.cli.inputs.chosen
import scalepredict.cli.views.fit_view, scalepredict.evaluation.forecast.fit_summary
import scalepredict.predictors.stack.stack, scalepredict.predictors.store.fit_file
"""
GOALS = {"fit": 2.0, "imports": 1.0, "--help": 0.3}


def made_records(folder: Path) -> Path:
    rng = np.random.default_rng(0)
    sizes = np.repeat([1e7, 3e7, 8e7, 1.5e8, 4e8, 1.4e9, 6.9e9], 5)
    tokens = sizes * np.tile([5, 20, 40, 160, 640], 7)
    logit = np.log10(6 * sizes * tokens) - 20
    lines = ["model,params,tokens,benchmark,score,n_items,chance"]
    for b in range(46):
        scores = 0.25 + 0.6 / (1 + np.exp(-rng.normal(0.5, 0.5) * (logit - rng.normal(0, 1.5))))
        scores = rng.binomial(1500, scores) / 1500
        lines += [
            f"m{i},{n},{d},bench_{b:02d},{y:.6f},1500,0.25"
            for i, (n, d, y) in enumerate(zip(sizes, tokens, scores, strict=True))
        ]
    path = folder / "made.csv"
    path.write_text("\n".join([*lines, ""]))
    return path


def seconds(*arguments: str, cwd: Path) -> tuple[float, float]:
    # Wall and CPU time of the best of a few runs: what the machine can do when it is idle.
    times = []
    for _ in range(REPEATS):
        start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-P", *arguments], cwd=cwd, check=True, capture_output=True)
        wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        times.append((wall, cpu))
    return min(times)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        records = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else made_records(folder)
        family = ["--family", sys.argv[2]] if len(sys.argv) > 2 else []
        bare = seconds("-c", "pass", cwd=folder)
        measured = {
            "fit": seconds("-m", "scalepredict", "fit", str(records), *family, cwd=folder),
            "imports": seconds("-c", IMPORTS, cwd=folder),
            "--help": seconds("-m", "scalepredict", "--help", cwd=folder),
        }
    print(f"best of {REPEATS} on {os.cpu_count()} cores; a bare interpreter takes {bare[0]:.2f} s")
    for what, limit in GOALS.items():
        wall, cpu = measured[what]
        verdict = "ok" if wall <= limit else "TOO SLOW"
        print(f"{what:8} {wall:5.2f} s (CPU {cpu:.2f} s)   goal {limit:.1f} s   {verdict}")
    sys.exit(any(measured[what][0] > limit for what, limit in GOALS.items()))


if __name__ == "__main__":
    main()
