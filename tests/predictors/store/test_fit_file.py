"""A stored fit comes back, is written whole, and is refused when it is not what we wrote."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scalepredict.errors import StorageError
from scalepredict.predictors.direct.last import LastValue
from scalepredict.predictors.fit_families import fit_families
from scalepredict.predictors.interface import Targets
from scalepredict.predictors.stack.stack import Stack
from scalepredict.predictors.store.fit_file import (
    InputFile,
    Provenance,
    StoredFit,
    dump_fit,
    input_files,
    load_fit,
    save_fit,
)
from scalepredict.records.choice import EvidenceChoice
from scalepredict.records.notes import noted, told
from scalepredict.records.table import Checkpoint, Unit, make_table
from scalepredict.records.text.writing import write_whole


def stored(*, tasks: int = 2) -> StoredFit:
    sizes = np.array([1e8, 3e8, 1.1e9])
    checkpoints = [
        Checkpoint(model=f"m{n:g}", params=n, tokens=20 * n, flops=120 * n * n) for n in sizes
    ]
    units = [Unit(benchmark=f"b{i}", chance=0.25) for i in range(tasks)]
    scores = np.linspace(0.3, 0.3 + 1 / 3, 3 * tasks).reshape(3, tasks)
    scores[0, 0] = np.nan
    fit = fit_families(
        make_table(checkpoints, units, scores), LastValue(), rng=np.random.default_rng(0)
    )
    provenance = Provenance(
        version="0.1.0",
        seed=0,
        inputs=(InputFile(name="r.csv", sha256="ab"),),
        choice=EvidenceChoice(shots=0, phases=("a, b",), up_to_params=2.8e9, ladder=Path("l.yaml")),
    )
    return StoredFit(
        fit=replace(fit, refused={"other": "too few models."}),
        provenance=provenance,
        notes=(noted("files-read", "3 rows read"), *told(["as in 0.1"])),
        calibration={"fallback": {"quantiles": {"0.5": 0.1}}},
    )


@pytest.mark.parametrize("tasks", [2, 2000])
def test_a_loaded_fit_forecasts_the_same_bits_and_saves_the_same_bytes(
    tmp_path: Path, tasks: int
) -> None:
    original = stored(tasks=tasks)
    save_fit(original, tmp_path / "a.json")
    loaded = load_fit(tmp_path / "a.json")
    assert dump_fit(loaded) == (tmp_path / "a.json").read_text() == dump_fit(original)
    targets = Targets.of_table(original.fit.groups[0].evidence)
    forecasts = [f.fit.groups[0].law.forecast(targets).point for f in (original, loaded)]
    assert forecasts[0].tobytes() == forecasts[1].tobytes()
    assert loaded.fit.refused == {"other": "too few models."}
    assert loaded.provenance == original.provenance


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"schema": "scalepredict.fit/2"},
            r"version 'scalepredict.fit/2'.*reads",
        ),
        ({"schema": "scalepredict.forecast/1"}, "not a stored fit"),
        ({"schema": None}, "has no schema"),
        ({"extra": 1}, "unknown field 'extra'"),
        ({"predictor": {"name": "lsat"}}, r"no predictor 'lsat' \(did you mean 'last'\?\)"),
        ({"predictor": {"name": "last", "depth": 3}}, "predictor has an unknown field 'depth'"),
        ({"groups": []}, "groups is not a list of laws"),
        ({"groups": [{"families": []}]}, r"groups\[0\] lacks the field 'evidence'"),
        ({"refused": {"a": 1}}, r"refused\.a is 1, expected text"),
    ],
)
def test_a_document_we_did_not_write_is_refused(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    document = {**json.loads(dump_fit(stored())), **change}
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(document))
    with pytest.raises(StorageError, match=message) as caught:
        load_fit(path)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"last": [', '"last": [0.5, ', "law is inconsistent: it cannot forecast its own"),
        ('"scores": [[null, 0.', '"scores": [[-1e300, 0.', "evidence has scores beyond -1 to 1"),
        ('"chance": 0.25', '"chance": 25', "evidence has chance levels beyond 0 to 1"),
        ('"n_items": [[null', '"n_items": [[1e-320', "evidence has scores of less than one answer"),
        ('"stderr": [[null', '"stderr": [[-1e308', "evidence has standard errors below 0"),
        ('"unique_tokens": null', '"unique_tokens": 1e-320', "evidence has sizes that no model"),
        ('"n_train": [2.0', '"n_train": [-2.0', r"inconsistent: .*\(its n_train is below 0"),
        ('"n_train": [2.0', '"n_train": [1e300', r"law has the number 1e\+300, which no law has"),
        (
            '"law": {"frontier": {"units": [{"benchmark": "b0"',
            '"law": {"frontier": {"units": [{"benchmark": "z"',
            "law is inconsistent: .*its benchmarks are others",
        ),
        ('"families": ["default"]', '"families": []', r"families is \[\], but .*'default'"),
        ('"params": 100000000.0', '"params": -5.0', "sizes that no model has"),
        ('"params": 100000000.0', '"params": 1e999', "params is inf, expected a number"),
        ('"params": 100000000.0', f'"params": 1{"0" * 400}', "expected a number"),
        ('"chance": 0.25', '"chance": 0.25, "chance": 0.5', "'chance' is there twice"),
    ],
)
def test_a_fit_that_was_edited_into_nonsense_is_refused_before_it_is_used(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    text = dump_fit(stored())
    assert old in text
    (tmp_path / "bad.json").write_text(text.replace(old, new, 1))
    with pytest.raises(StorageError, match=message):
        load_fit(tmp_path / "bad.json")


def test_a_weight_of_public_models_that_is_no_share_is_refused(tmp_path: Path) -> None:
    sizes = np.array([1e8, 3e8, 1.1e9])
    rows = [Checkpoint(model=f"m{n:g}", params=n, tokens=20 * n, flops=120 * n * n) for n in sizes]
    table = make_table(
        rows, [Unit(benchmark="arc_easy", chance=0.25)], np.array([[0.4], [0.5], [0.58]])
    )
    fit = fit_families(table, Stack(), rng=np.random.default_rng(0))
    text = dump_fit(replace(stored(), fit=fit))
    assert '"reference": {"weight": [0.8]' in text
    bad = text.replace('"reference": {"weight": [0.8]', '"reference": {"weight": [1.5]')
    (tmp_path / "bad.json").write_text(bad)
    with pytest.raises(StorageError, match="its reference_weight is below 0 or above 1"):
        load_fit(tmp_path / "bad.json")


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b"{", b'{"schema": NaN}', b"[" * 100_000, b"\x1f\x8b\x08"]
)
def test_a_damaged_file_is_refused_with_its_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.json").write_bytes(content)
    with pytest.raises(StorageError, match=r"bad\.json: is not a JSON document"):
        load_fit(tmp_path / "bad.json")


def test_a_missing_file_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="scalepredict fit RECORDS"):
        load_fit(tmp_path / "none.json")


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"none/fit\.json: cannot be written"):
        save_fit(stored(), tmp_path / "none" / "fit.json")
    (tmp_path / "fit.json").write_text("old")

    def parts() -> Iterator[bytes]:
        yield b"new"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "fit.json", parts())
    assert os.listdir(tmp_path) == ["fit.json"]
    assert (tmp_path / "fit.json").read_text() == "old"


def test_a_link_is_written_through_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_whole(tmp_path / "link", "new")
    assert (tmp_path / "real").read_text() == "new"


def test_inputs_are_named_as_given_and_hashed(tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    path.write_bytes(b"abc")
    files = [(f.name, f.sha256[:8]) for f in input_files([path, "-"])]
    assert files == [(str(path), "ba7816bf"), ("-", "")]
    (before,) = input_files([tmp_path])
    path.rename(tmp_path / "c.csv")
    (after,) = input_files([tmp_path])
    assert before.sha256 != after.sha256


def test_a_pipe_is_read_once_and_has_no_hash(tmp_path: Path) -> None:
    """Opened again, it would wait for a writer without end, or give the hash of nothing."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert [file.sha256 for file in input_files([pipe])] == [""]
