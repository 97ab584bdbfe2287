"""What names of models give away, as people and tools write them, and what they must not."""

import pytest

from scalepredict.records.importers.names import (
    bare_step,
    counts_in_name,
    guess_from_name,
    without_step,
)


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("EleutherAI/pythia-6.9b", {"params": 6.9e9}),
        ("pythia-70m-deduped", {"params": 70e6}),
        ("meta-llama/Llama-2-7b-hf", {"params": 7e9}),
        ("OLMo-2-1124-13B", {"params": 13e9}),
        ("opt-125m/step1000", {"params": 125e6, "step": 1000}),
        ("step143000", {"step": 143000}),
        ("run/global_step500", {"step": 500}),
        ("run/iter_0010000", {"step": 10000}),
        ("run/ckpt-2500", {"step": 2500}),
        ("run/checkpoint-12k", {"step": 12000}),
        ("run/step100/step200", {"step": 200}),
        ("step0", {"step": 0}),
        ("stage1-step1000-tokens5B", {"step": 1000, "tokens": 5e9}),
        ("tokens-300B", {"tokens": 300e9}),
        ("300Btokens", {"tokens": 300e9}),
        ("1.5T-tok", {"tokens": 1.5e12}),
        ("acme-1b-run-tokens_300B", {"params": 1e9, "tokens": 300e9}),
        ("TinyLlama-1.1B-3T", {"params": 1.1e9}),  # 3T of what, it does not say
        ("iso-F3e17-P4.6M-T3.012B", {"flops": 3e17, "params": 4.6e6, "tokens": 3.012e9}),
        ("dolma-190M-5xC", {"params": 190e6, "tokens": 5 * 20 * 190e6}),
        ("falcon-rw-1b-0.5xC", {"params": 1e9, "tokens": 1e10}),
        ("Mixtral-8x7B-v0.1", {}),
        ("gpt2", {}),
        ("gpt-3.5", {}),
        ("bloom", {}),
        ("5xC", {}),
        ("", {}),
    ],
)
def test_sizes_are_read_off_a_name(name: str, sizes: dict[str, float]) -> None:
    assert guess_from_name(name) == pytest.approx(sizes)


def test_two_counts_that_may_be_the_size_are_no_guess() -> None:
    assert counts_in_name("acme-7b-100b") == ("7b", "100b")
    assert "params" not in guess_from_name("acme-7b-100b")
    assert counts_in_name("acme-7b") == ("7b",)
    assert counts_in_name("acme-7b/acme-7B") == ("7b",)  # one count, written twice
    assert counts_in_name("acme") == ()


@pytest.mark.parametrize(
    ("path", "step"),
    [
        ("run/0001000/hf", 1000),
        ("run/250", 250),
        ("12345", 12345),
        ("run/7/hf", None),  # one digit is a part or a version
        ("run-1000/hf", None),
        ("run/1000/2000", 2000),
    ],
)
def test_a_folder_that_is_a_number_is_a_step(path: str, step: float | None) -> None:
    assert bare_step(path) == step


@pytest.mark.parametrize(
    ("name", "run"),
    [
        ("out/run/step500-hf", "out/run"),
        ("out/run/step500", "out/run"),
        ("run@step1000", "run"),
        ("run-step1000-unsharded", "run"),
        ("run_iter_100/model", "run"),
        ("run/step1000-tokens5B", "run"),
        ("run/step500-seed2", "run/step500-seed2"),  # another seed is another run
        ("run", "run"),
        ("step500", "step500"),  # nothing else says which run
    ],
)
def test_the_run_of_a_checkpoint_is_its_name_without_the_step(name: str, run: str) -> None:
    assert without_step(name) == run
