"""The shipped records are the ones that SOURCES.md describes, and they read without a finding."""

import hashlib
import re
from pathlib import Path

import numpy as np

from scalepredict.records.aggregate import to_benchmarks
from scalepredict.records.evidence import select_evidence
from scalepredict.records.reading.read import read_records

SAMPLES = Path(__file__).resolve().parents[2] / "sample_data"


def test_every_shipped_file_has_its_hash_in_sources() -> None:
    sources = (SAMPLES / "SOURCES.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `([^`]+)` \|.*`([0-9a-f]{64})` \|$", sources, flags=re.MULTILINE))
    shipped = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in SAMPLES.iterdir()
        if path.is_file() and path.suffix not in (".py", ".md")
    }
    assert shipped == told


def test_the_ladder_holds_the_published_scores_of_the_12b_model() -> None:
    table = to_benchmarks(read_records([SAMPLES / "pythia_ladder.csv"]).table)
    assert [c.model for c in table.checkpoints][-1] == "pythia-12b"
    assert table.params[-1] == 11_846_072_320
    assert table.flops[-1] == 6 * 11_846_072_320 * 299_892_736_000
    column = [unit.benchmark for unit in table.units].index("lambada_openai")
    assert table.scores[-1, column] == 0.704638


def test_the_last_checkpoints_of_the_series_are_the_ladder() -> None:
    series = read_records([SAMPLES / "pythia_checkpoints.csv.gz"]).table.of_family("pythia-pile")
    last = select_evidence(series).table
    ladder = to_benchmarks(read_records([SAMPLES / "pythia_ladder.csv"]).table)
    assert [c.model for c in last.checkpoints] == [c.model for c in ladder.checkpoints]
    np.testing.assert_allclose(last.scores, ladder.scores, atol=1e-6)
