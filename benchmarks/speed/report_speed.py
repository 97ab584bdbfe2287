"""How long does a report on 50 benchmarks take, and how large is it? Goals: 10 s, 2 MB.

Usage: python benchmarks/speed/report_speed.py [BENCHMARKS]

A made-up ladder of 14 models; fit and report run as processes of their own, as a user runs them.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    rng = np.random.default_rng(0)
    params = np.geomspace(3e7, 3e9, 14)
    lines = ["model,params,tokens,benchmark,metric,chance,n_items,score"]
    for b in range(count):
        level, slope = rng.normal(-1.5, 1.5), rng.normal(0.5, 0.3)
        share = 1 / (1 + np.exp(-(level + slope * np.log10(params / 1e9) * 2)))
        score = np.clip(0.25 + 0.75 * share + rng.normal(0, 0.01, len(params)), 0, 1)
        lines += [
            f"m{i},{n:.6g},{20 * n:.6g},benchmark_{b},acc,0.25,1000,{y:.4f}"
            for i, (n, y) in enumerate(zip(params, score, strict=True))
        ]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "records.csv").write_text("\n".join(lines) + "\n")
        command = [sys.executable, "-P", "-m", "scalepredict"]
        subprocess.run([*command, "fit", "records.csv", "-q"], cwd=folder, check=True, stdout=-3)
        started = time.perf_counter()
        subprocess.run([*command, "report", "--params", "30B", "-q"], cwd=folder, check=True)
        seconds = time.perf_counter() - started
        size = Path(folder, "report.html").stat().st_size
    print(f"report on {count} benchmarks: {seconds:.1f} s (goal 10), {size / 1e6:.2f} MB (goal 2)")


if __name__ == "__main__":
    main()
