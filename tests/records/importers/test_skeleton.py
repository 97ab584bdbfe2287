"""A ladder to fill in: every model once, what is known in place, guesses marked, and readable."""

from pathlib import Path

import pytest
import yaml

from scalepredict.records.importers.collect import Collected
from scalepredict.records.importers.sidecar import Resolved, read_ladder
from scalepredict.records.importers.skeleton import ladder_skeleton


def found(
    label: str,
    sizes: dict[str, float] | None = None,
    *,
    model: str = "",
    origin: str = "file",
    family: str = "",
    kind: str = "total",
) -> Resolved:
    known = sizes or {}
    return Resolved(
        label=label,
        model=model or label,
        family=family,
        sizes=known,
        origin=dict.fromkeys(known, origin),
        params_kind=kind,
        phase="",
        role="",
    )


def skeleton(*checkpoints: Resolved) -> str:
    return ladder_skeleton(
        Collected(
            checkpoints=checkpoints,
            placed=(),
            kinds={},
            skipped_files=(),
            passed_over={},
            left_out={},
            notes=(),
            warnings=(),
        )
    )


def entries(text: str) -> list[dict[str, object]]:
    content = yaml.safe_load(text)
    assert content["schema"] == 1
    return list(content["models"] or [])


def test_what_is_known_is_filled_in_and_what_is_not_is_a_comment() -> None:
    text = skeleton(found("acme/a", {"params": 1.1e9}, family="mine"))
    assert entries(text) == [
        {"match": "acme/a*", "name": "acme/a", "family": "mine", "params": "1.1B"}
    ]
    assert "    # tokens: ?\n" in text
    assert "GUESS" not in text.partition("models:")[2]


@pytest.mark.parametrize(
    ("origin", "marked"),
    [("file", False), ("ladder", False), ("name", True), ("revision", True)],
)
def test_a_guess_is_marked(origin: str, marked: bool) -> None:
    text = skeleton(found("a-1b", {"params": 1e9, "tokens": 2e10}, origin=origin))
    lines = [line for line in text.splitlines() if line.startswith(("    params", "    tokens"))]
    assert ["GUESS" in line for line in lines] == [marked] * 2
    assert entries(text)[0]["tokens"] == "20B"


def test_counts_are_written_to_the_last_digit() -> None:
    text = skeleton(found("a", {"params": 1_176_764_416.0, "tokens": 299_892_736_000.0}))
    assert entries(text)[0] == {
        "match": "a*",
        "name": "a",
        "params": "1.176764416B",
        "tokens": "299.892736B",
    }


def test_parameters_without_embeddings_have_their_own_key() -> None:
    text = skeleton(found("a", {"params": 1e9}, kind="non_embedding"))
    assert entries(text)[0]["params_non_embedding"] == "1B"


def test_checkpoints_of_one_model_are_one_entry_told_apart_by_their_tokens() -> None:
    both = [found("run/step1", {"tokens": t, "params": 1e9}, model="run") for t in (1e9, 2e9)]
    text = skeleton(*both)
    assert [entry["name"] for entry in entries(text)] == ["run"]
    assert "    # tokens: 2 checkpoints, told apart by its tokens\n" in text
    without = [found(f"run/step{k}", {"step": k}, model="run") for k in (1.0, 2.0)]
    assert "    # tokens: 2 checkpoints, told apart by tokens_per_step\n" in skeleton(*without)


def test_a_name_with_two_counts_asks_which_of_them_it_is() -> None:
    text = skeleton(found("acme-7b-100b"))
    assert "    # params: ?   # which of 7b and 100b, or neither\n" in text


def test_a_longer_name_goes_before_the_one_that_it_begins_with() -> None:
    names = [
        str(entry["name"]) for entry in entries(skeleton(found("a"), found("a-chat"), found("b")))
    ]
    assert names == ["b", "a-chat", "a"]


def test_stars_and_brackets_in_names_are_no_patterns() -> None:
    (entry,) = entries(skeleton(found("a[1]*?")))
    assert entry["match"] == "a[[]1][*][?]*"
    assert entry["name"] == "a[1]*?"


def test_a_renamed_model_is_matched_by_the_name_in_its_file() -> None:
    (entry,) = entries(skeleton(found("hf/abc", model="my model")))
    assert (entry["match"], entry["name"]) == ("hf/abc*", "my model")


def test_odd_names_survive_and_the_file_is_a_ladder(tmp_path: Path) -> None:
    odd = ('with "quotes"', "with: colon # and hash", "größe", "- dash", "no")
    text = skeleton(*(found(name, {"params": 1e9, "tokens": 1e10}) for name in odd))
    (tmp_path / "ladder.yaml").write_text(text, encoding="utf-8")
    read_ladder(tmp_path / "ladder.yaml")
    assert {entry["name"] for entry in entries(text)} == set(odd)
