"""What a forecast loads, and which notes the command line leaves out."""

import json
import subprocess
import sys
from pathlib import Path

LADDER = """model,params,tokens,benchmark,score,n_items
a,1e8,2e9,piqa,0.55,1000
b,3e8,6e9,piqa,0.60,1000
c,1e9,2e10,piqa,0.66,1000
d,3e9,6e10,piqa,0.71,1000
"""
LOADED = """
import sys
from scalepredict.cli.app import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
heavy = ("pandas", "scalepredict.records.importers", "scalepredict.records.reading.read")
print([name for name in sys.modules if name.startswith(heavy)], file=sys.stderr)
"""


def fitted(folder: Path) -> None:
    (folder / "r.csv").write_text(LADDER, encoding="utf-8")
    command = [sys.executable, "-P", "-m", "scalepredict", "fit", "r.csv", "--predictor", "trend"]
    subprocess.run([*command, "-o", "f.json", "-q"], cwd=folder, check=True, capture_output=True)


def test_a_forecast_that_reads_no_records_loads_no_pandas_and_no_importer(tmp_path: Path) -> None:
    fitted(tmp_path)
    command = [sys.executable, "-P", "-c", LOADED, "forecast", "--fit", "f.json", "--params", "9B"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "[]"


def said(folder: Path, *options: str) -> tuple[str, list[str], int]:
    command = [sys.executable, "-P", "-m", "scalepredict", "forecast", "--fit", "f.json"]
    done = subprocess.run(
        [*command, "--params", "9B", "--json", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    codes = [note["code"] for note in json.loads(done.stdout)["notes"]] if done.stdout else []
    return done.stderr, codes, done.returncode


def test_notes_have_codes_and_an_ignored_one_is_neither_told_nor_written(tmp_path: Path) -> None:
    fitted(tmp_path)
    words, codes, _ = said(tmp_path)
    assert "warning: only 4 models are evidence" in words
    assert "few-models" in codes
    words, codes, _ = said(tmp_path, "--ignore", "few-models")
    assert "only 4 models" not in words
    assert "few-models" not in codes
    words, _, _ = said(tmp_path, "-v")
    assert "[few-models]" in words


def test_an_ignored_code_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    fitted(tmp_path)
    words, _, code = said(tmp_path, "--ignore", "few-model")
    assert code == 2
    assert "'few-model' is no code of a note (did you mean 'few-models'?)" in words
