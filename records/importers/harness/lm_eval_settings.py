"""Under which settings did lm-evaluation-harness run a task? What makes scores incomparable.

What a version did not write down yet did not exist in it: no chat template, no system prompt.
"""

import json
import re
from hashlib import sha256

ADAPTERS = ("peft", "delta", "lora", "adapter", "lora_local_path")
_PRECISION = ("dtype", "torch_dtype", "float", "precision")
_QUANTISED = re.compile(
    r"load_in_\d+_?bit|(?:use_)?(?:gptq|autogptq|awq)|quant(?:i[sz](?:ation|ed))?(?:_\w+)?|bnb_\w+|"
    r"gguf_file"
)
_OFF = ("", "none", "false", "0", "null", "auto", "no", "nan", "off", "{}")
_ON = ("true", "yes", "1", "on")
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


class LmEvalSettings:
    """Looks up what one result file says of the settings."""

    def __init__(self, content: dict[str, object]) -> None:
        config = content.get("config")
        config = config if isinstance(config, dict) else {}
        self._tasks = content.get("configs")
        arguments = model_arguments(config.get("model_args"))
        template = content.get("chat_template") or config.get("apply_chat_template")
        turns = content.get("fewshot_as_multiturn")
        self._shared = {
            "chat-template": "yes" if is_on(template) else "no",
            "template": which_template(template, content.get("chat_template_sha")),
            "turns": "yes" if is_on(template) and turns else "no",
            "system-prompt": shown(content.get("system_instruction")) or "no",
            "generation": shown(config.get("gen_kwargs")) or "default",
            "quantisation": quantisation(arguments) or "no",
            "precision": precision(arguments),
        }

    def of(self, task: str, subset: str) -> tuple[tuple[str, str], ...]:
        """The settings of a task as (name, value); ``subset`` is the part that was asked."""
        own = self._tasks.get(task) if isinstance(self._tasks, dict) else None
        own = own if isinstance(own, dict) else {}
        written = {
            **self._shared,
            "task-generation": shown(_without_stops(own.get("generation_kwargs"))),
            "prompt": _prompt(own),
            "items": subset or "all items",
        }
        return tuple((name, value) for name, value in written.items() if value)


def model_arguments(value: object) -> dict[str, str]:
    """The arguments of the model as text: ``pretrained=a,dtype=b``, or a mapping."""
    if isinstance(value, dict):
        return {str(key): str(item) for key, item in value.items()}
    pairs = (part.partition("=") for part in str(value or "").split(","))
    return {key.strip(): item.strip() for key, equals, item in pairs if equals}


def quantisation(arguments: dict[str, str]) -> str:
    """How the weights were quantised, such as ``load_in_4bit=True``; empty if they were not."""
    found = [
        f"{key}={value}"
        for key, value in sorted(arguments.items())
        if _QUANTISED.fullmatch(key.casefold()) and value.casefold() not in _OFF
    ]
    return " ".join(found)


def precision(arguments: dict[str, str]) -> str:
    """The number format of the weights; empty if it is not said or was left to the model."""
    found = (arguments.get(key, "") for key in _PRECISION)
    value = next((text for text in found if text.casefold() not in _OFF), "")
    return value.removeprefix("torch.")


def is_on(value: object) -> bool:
    """Whether a switch, or what may be given in its place, is there and not off."""
    return str(value).strip().casefold() not in _OFF


def which_template(used: object, *known: object) -> str:
    """Which chat template was used: its name or hash, or the hash of its text.

    Args:
        used: Whether one was, its name or its text.
        known: Its hash or name, where it is stated apart.

    Returns:
        Empty where none was used, and where nothing says more than that one was.
    """
    if not is_on(used):
        return ""
    given = (str(value).strip() for value in (*known, used) if is_on(value))
    found = next((text for text in given if text.casefold() not in _ON), "")
    if re.fullmatch(r"[0-9a-f]{32,}", found):
        return found[:8]
    return _short_hash(found) if "{" in found or "\n" in found else shown(found)


def shown(value: object) -> str:
    """A setting as one short line; empty for none."""
    if value in (None, "", {}, [], "None"):
        return ""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    text = " ".join(text.split())
    return text if len(text) <= 60 else f"{text[:45]}... ({_short_hash(text)})"


def _prompt(task: dict[object, object]) -> str:
    parts = [task.get(key) for key in ("description", "doc_to_text", "doc_to_choice")]
    written = [_ADDRESS.sub("", str(part)) for part in parts if part not in (None, "")]
    return _short_hash("\n".join(written)) if written else ""


def _without_stops(value: object) -> object:
    # Stop words are of the task's version, and are written in more than one way.
    return {k: v for k, v in value.items() if k != "until"} if isinstance(value, dict) else value


def _short_hash(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
