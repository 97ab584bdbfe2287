"""Accepted findings are read back with the words beside them, or the file is refused."""

import json
from pathlib import Path

import pytest

from scalepredict.cli.inputs.baseline import read_baseline, write_baseline
from scalepredict.errors import ConfigError
from scalepredict.evaluation.off_trend.rules.verdicts import Accepted

ENTRY = {"fingerprint": "ab" * 16, "place": "step 7", "model": "m", "why": "a broken node"}


def test_words_of_the_user_stay_when_a_baseline_is_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    path.write_text(json.dumps({"schema": "scalepredict.baseline/1", "accepted": [ENTRY]}))
    read = read_baseline(path)
    assert read == {Accepted(fingerprint="ab" * 16, place="step 7"): ENTRY}
    write_baseline(path, read)
    assert json.loads(path.read_text())["accepted"] == [ENTRY]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is not a JSON document (Expecting"),
        ("[" * 100_000, "is not a JSON document (maximum recursion"),
        ('{"schema": "x", "schema": "y"}', "'schema' is there twice"),
        ('{"accepted": NaN}', "NaN is not a number in JSON"),
        ("[]", "the file: [] is not a mapping"),
        ('{"schema": "scalepredict.fit/1", "accepted": []}', "not scalepredict.baseline/1"),
        ('{"schema": "scalepredict.baseline/1", "accepted": {}}', "accepted: {} is not a list"),
        ('{"schema": "scalepredict.baseline/1", "accepted": [3]}', "accepted[0]: 3 is not"),
        (
            '{"schema": "scalepredict.baseline/1", "accepted": [{"place": "a", "fingerprint": 3}]}',
            "accepted[0].fingerprint: 3 is not text",
        ),
    ],
)
def test_what_is_no_baseline_is_refused_with_the_place_and_the_way_out(
    tmp_path: Path, text: str, words: str
) -> None:
    path = tmp_path / "b.json"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_baseline(path)
    assert words in str(caught.value)
    assert str(caught.value).endswith("Make it anew with --update-baseline.")
