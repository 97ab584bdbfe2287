"""What makes scores of lm-evaluation-harness incomparable, and what does not."""

import pytest

from scalepredict.records.importers.harness.lm_eval_settings import (
    LmEvalSettings,
    model_arguments,
    precision,
    quantisation,
    shown,
)


def settings(content: dict[str, object], task: str = "t", subset: str = "") -> dict[str, str]:
    return dict(LmEvalSettings(content).of(task, subset))


def test_what_a_version_does_not_write_down_did_not_exist_in_it() -> None:
    assert settings({}) == {
        "chat-template": "no",
        "turns": "no",
        "system-prompt": "no",
        "generation": "default",
        "quantisation": "no",
        "items": "all items",
    }


def test_settings_of_the_run_and_of_the_task_are_named() -> None:
    content = {
        "config": {
            "model_args": "pretrained=a,dtype=torch.bfloat16,load_in_4bit=True",
            "gen_kwargs": "temperature=0.5",
        },
        "chat_template": "{{x}}",
        "fewshot_as_multiturn": True,
        "system_instruction": "Be  brief.",
        "configs": {"t": {"doc_to_text": "Q: {{q}}", "generation_kwargs": {"until": ["."]}}},
    }
    found = settings(content, subset="100 items")
    assert found["chat-template"] == found["turns"] == "yes"
    assert found["system-prompt"] == "Be brief."
    assert found["generation"] == "temperature=0.5"
    assert (found["quantisation"], found["precision"]) == ("load_in_4bit=True", "bfloat16")
    assert found["items"] == "100 items"
    assert "task-generation" not in found  # stop words are of the task's version
    assert settings(content, task="other").get("prompt") is None
    # Turns without a chat template do not exist.
    assert settings({"fewshot_as_multiturn": True})["turns"] == "no"


def test_a_prompt_is_known_by_a_hash_that_addresses_do_not_change() -> None:
    def prompt(text: str) -> str:
        return settings({"configs": {"t": {"doc_to_text": text}}})["prompt"]

    assert prompt("<function f at 0x7f00>") == prompt("<function f at 0x1234ab>")
    assert prompt("Q: {{q}}") != prompt("Question: {{q}}")
    assert len(prompt("Q")) == 8


def test_arguments_are_read_from_text_and_from_a_mapping() -> None:
    assert model_arguments("pretrained=a/b, dtype=float16,flag") == {
        "pretrained": "a/b",
        "dtype": "float16",
    }
    assert model_arguments({"dtype": "float16", "n": 2}) == {"dtype": "float16", "n": "2"}
    assert model_arguments(None) == {}


@pytest.mark.parametrize("value", ["False", "none", "", "0"])
def test_quantisation_that_is_off_is_none(value: str) -> None:
    assert quantisation({"load_in_8bit": value}) == ""


def test_quantisation_and_precision_are_told() -> None:
    assert quantisation({"gptq": "m.pt", "dtype": "auto", "autogptq": "True"}) == (
        "autogptq=True gptq=m.pt"
    )
    assert precision({"dtype": "auto", "torch_dtype": "torch.float16"}) == "float16"
    assert precision({"dtype": "auto"}) == ""


def test_a_long_setting_is_cut_and_told_apart_by_a_hash() -> None:
    one, other = "a" * 70, "a" * 69 + "b"
    assert shown("a" * 60) == "a" * 60
    assert len(shown(one)) == 45 + len("... (") + 8 + len(")")
    assert shown(one) != shown(other)
    assert shown({"b": 1, "a": 2}) == '{"a": 2, "b": 1}'
    nothing: tuple[object, ...] = (None, "", {}, [], "None")
    assert [shown(each) for each in nothing] == [""] * 5
