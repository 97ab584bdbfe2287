"""Make configs/reference.csv: the reference curves, and the same without each lab.

    python benchmarks/reference/make_reference.py [-o configs/reference.csv]

Reads sample_data/reference_rows.csv.gz alone. A ladder of a lab that is in the rows is forecast
from the curves that were made without it; the column `without` names the lab that took no part.
"""

import argparse
import csv
import io
from pathlib import Path

from scalepredict.predictors.reference.reference_table import (
    make_reference_table,
    table_rows,
)
from scalepredict.records.reference_rows import shipped_reference_rows

HEAD = """\
# Reference curves: score = floor + (1 - floor) sigmoid(a + b x), (a, b) normal between families:
# mean (level, slope), covariance [[level_variance, covariance], [covariance, slope_variance]], x
# as in predictors/reference/reference_curves.py. Made by benchmarks/reference/make_reference.py
# from sample_data/reference_rows.csv.gz (origins, licences: sample_data/SOURCES.md). Attribution:
# ObsScaling, EleutherAI/pythia, OpenEuroLLM/notebooks (Apache-2.0); mlfoundations/scaling,
# gemstone-scaling-laws, lm-evaluation-harness (MIT).
"""


def reference_csv() -> str:
    rows = shipped_reference_rows()
    out = io.StringIO()
    out.write(HEAD)
    writer: csv.DictWriter[str] | None = None
    for lab in ("", *sorted(set(rows.lab))):
        for row in table_rows(make_reference_table(rows.without((lab,) if lab else ())), lab):
            if writer is None:
                writer = csv.DictWriter(out, fieldnames=list(row), lineterminator="\n")
                writer.writeheader()
            writer.writerow(row)
    return out.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("-o", "--output", type=Path, default=Path("configs/reference.csv"))
    arguments = parser.parse_args()
    arguments.output.write_text(reference_csv(), encoding="utf-8")
    print(f"wrote {arguments.output}")


if __name__ == "__main__":
    main()
