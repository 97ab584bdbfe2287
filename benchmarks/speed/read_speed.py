"""How fast are records read, and in how much memory? Ten million graded answers, made up here.

    python benchmarks/speed/read_speed.py [ROWS]

Writes ROWS (default 10,000,000) rows of one question each as CSV and as Parquet to a temporary
folder, reads each in a fresh process, and prints the time and the peak of memory.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

CHECKPOINTS = 100


def main(n_rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        csv, parquet = Path(folder, "items.csv"), Path(folder, "items.parquet")
        write(n_rows // CHECKPOINTS, csv, parquet)
        for path in (csv, parquet):
            size = path.stat().st_size / 1e6
            done = subprocess.run(
                [sys.executable, "-P", __file__, "read", str(path)],
                capture_output=True,
                text=True,
                check=True,
            )
            print(f"{path.suffix[1:]:8} {n_rows:,} rows, {size:,.0f} MB: {done.stdout.strip()}")


def write(n_items: int, csv: Path, parquet: Path) -> None:
    rng = np.random.default_rng(0)
    names = np.array([f"question-{i:06d}" for i in range(n_items)])
    blocks = []
    for i in range(CHECKPOINTS):
        block = pd.DataFrame(
            {
                "model": pd.Categorical([f"model-{i // 10}"] * n_items),
                "params": 10_000_000 * 2 ** (i // 10),
                "tokens": 1_000_000_000 * (1 + i % 10),
                "benchmark": pd.Categorical(["quiz"] * n_items),
                "task": pd.Categorical(names),
                "score": np.round(rng.random(n_items), 6),
                "n_items": 1,
            }
        )
        block.to_csv(csv, mode="w" if i == 0 else "a", header=i == 0, index=False)
        blocks.append(block.astype({"model": str, "benchmark": str}))
    pd.concat(blocks).to_parquet(parquet, index=False)


def read(path: str) -> None:
    from scalepredict.records.reading.read import read_records

    before, start = _peak_gb(), time.perf_counter()
    table = read_records([path]).table
    seconds = time.perf_counter() - start
    cpu = time.process_time()
    held = sum(a.nbytes for a in (table.scores, table.n_items)) / 1e9
    m, t = table.scores.shape
    print(
        f"{m} x {t} in {seconds:.1f} s ({cpu:.1f} s of CPU), peak {_peak_gb():.2f} GB "
        f"({before:.2f} GB before), scores and counts {held:.2f} GB"
    )


def _peak_gb() -> float:
    # Not getrusage: after a fork it starts from the peak of the parent.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return int(kilobytes) / 1e6


if __name__ == "__main__":
    if sys.argv[1:2] == ["read"]:
        read(sys.argv[2])
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000)
