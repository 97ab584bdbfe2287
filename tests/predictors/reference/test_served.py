"""Which columns have a reference curve, and which labs are left out."""

from dataclasses import replace

import numpy as np
import pytest

from scalepredict.errors import RefusedError
from scalepredict.predictors.reference.reference_table import reference_table
from scalepredict.predictors.reference.served import (
    ServedBenchmark,
    labs_of,
    language_scales,
    named_labs,
    served_benchmark,
    table_places,
    unfit_ladder,
)
from scalepredict.records.table import Checkpoint, EvalTable, Unit, make_table


def canonical(name: str, metric: str = "") -> str:
    entry = served_benchmark(Unit(benchmark=name, metric=metric))
    return entry.name if isinstance(entry, ServedBenchmark) else ""


@pytest.mark.parametrize(
    ("name", "metric", "expected"),
    [
        ("ARC-C", "acc_norm", "arc_challenge"),
        ("arc_easy@0", "", "arc_easy"),
        ("arc_easy_test_rc_5shot", "", "arc_easy"),
        ("hellaswag_zeroshot", "acc", "hellaswag"),
        ("lambada_openai", "", "lambada"),
        ("openbook_qa", "acc", "openbookqa"),
        ("MMLU", "acc", "mmlu"),
        ("hendrycksTest@5", "acc_norm", "mmlu"),
        ("mmlu_mc", "", "mmlu"),
        ("mmlu_rc", "", ""),  # asked as cloze: another benchmark than letters
        ("arc_challenge_mc", "", ""),
        ("hellaswag", "bits_per_byte", ""),
        ("humaneval", "pass@1", "humaneval"),
        ("ipa_transliterate_2_bleu", "bleu", "bb_ipa_transliterate_2_bleu"),
        ("mmlu_anatomy", "acc", ""),
        ("boolq", "acc", "boolq"),
        ("commonsense_qa", "acc", ""),
        ("hellaswag_de", "acc", ""),
        ("arc_challenge:rc::olmes", "", "arc_challenge"),
        ("arc_challenge:mc::olmes", "", ""),
        ("harness|hellaswag|10", "acc_norm", "hellaswag"),
        ("lighteval|piqa|0", "", "piqa"),
        ("leaderboard|arc:challenge|25", "", "arc_challenge"),
        ("leaderboard_bbh", "acc_norm", "leaderboard_bbh"),
        ("super_glue-copa", "", "copa"),
        ("openai_humaneval", "", "humaneval"),
        ("winogrande_acc_norm", "", "winogrande"),
        ("hellaswag", "acc_per_token", "hellaswag"),
        ("arithmetic_3ds_2_acc", "acc", "bb_arithmetic_3ds_2_acc"),
        ("xwinograd_fr", "acc", ""),
        ("my_task", "", ""),
    ],
)
def test_names(name: str, metric: str, expected: str) -> None:
    assert canonical(name, metric) == expected


def ladder(model: str, family: str) -> EvalTable:
    one = Checkpoint(model=model, family=family, params=1e9, tokens=2e10, flops=1.2e20)
    return make_table([one], [Unit(benchmark="piqa")], np.array([[0.7]]))


@pytest.mark.parametrize(
    ("model", "family", "labs"),
    [
        ("pythia-1b", "default", {"eleuther"}),
        ("m1", "Pythia-deduped", {"eleuther"}),
        ("facebook/opt-1.3b", "x", {"meta"}),
        ("adopt-1b", "optimal", set()),
        ("open_llama_3b", "x", {"openllama", "meta"}),
        ("a", "OLMo-2", {"ai2"}),
        ("open-sci-ref-0.4b", "C4", {"opensci"}),
        ("open-sci-0.13b-C4-300B", "DCLM", {"opensci", "mlf"}),
        ("Gemstone-256x23", "gemstones", {"umd"}),
        ("mix1-410m", "mix1", set()),
        ("bigscience/bloom-560m", "x", {"bigscience"}),
    ],
)
def test_labs_by_name(model: str, family: str, labs: set[str]) -> None:
    assert labs_of(ladder(model, family)) == labs


def test_columns_of_lab_and_kind_count() -> None:
    plain = ladder("mix-1b", "x")
    (row,) = plain.checkpoints
    theirs = replace(plain, checkpoints=(replace(row, lab="Allen AI / OLMo"),))
    assert labs_of(theirs) == {"ai2"}
    assert labs_of(replace(plain, checkpoints=(replace(row, lab="Meta"),))) == {"meta"}
    tuned = replace(plain, checkpoints=(replace(row, kind="instruct"),))
    assert "base models" in unfit_ladder(tuned)
    named = ladder("wiki-it-1b", "x")
    assert "base models" in unfit_ladder(named)
    base = replace(named.checkpoints[0], kind="base")
    assert unfit_ladder(replace(named, checkpoints=(base,))) == ""


def test_labs_that_a_user_names() -> None:
    assert named_labs(["OLMo", "meta"]) == {"ai2", "meta"}
    with pytest.raises(RefusedError, match=r"no lab 'elether'.*did you mean 'eleuther'"):
        named_labs(["elether"])


def test_of_no_columns_there_are_no_places() -> None:
    places = table_places((), reference_table())
    assert places.timing.dtype == bool
    assert places.row.shape == places.weight.shape == places.timing.shape == (0,)


def test_scales_of_language_models() -> None:
    params = np.array([1e9, 1e9, 1e9, np.nan])
    tokens = np.array([2e10, 2e10, 1e8, 2e10])
    flops = np.array([1.2e20, 6e20, 6e17, 1.2e20])
    assert language_scales(params, tokens, flops).tolist() == [True, False, False, False]


def test_tuned_models_have_no_reference() -> None:
    assert "base models" in unfit_ladder(ladder("qwen3-1b-instruct", "x"))
    assert unfit_ladder(ladder("mix-1b", "x")) == ""
