"""Which column is which? Names, other names and units of headers."""

import re
from dataclasses import dataclass
from difflib import get_close_matches

from scalepredict.errors import CountError
from scalepredict.records.counts import parse_count

TEXTS = ("model", "family", "phase", "role", "benchmark", "task", "metric", "suite")
COUNTS = ("params", "tokens", "flops", "unique_tokens", "n_items", "trials")
PLAIN = ("step", "loss", "chance", "shots", "successes")  # numbers with few different values
FAST = ("score", "stderr", "task_loss")  # numbers that differ in every row
NUMBERS = (*COUNTS, *PLAIN, *FAST)
KNOWN = (*TEXTS, *NUMBERS)

_ALIASES = {
    "model_name": "model",
    "model_family": "family",
    "n_params": "params",
    "num_params": "params",
    "parameters": "params",
    "model_size": "params",
    "n_tokens": "tokens",
    "num_tokens": "tokens",
    "training_tokens": "tokens",
    "pretraining_data_size": "tokens",
    "training_flops": "flops",
    "compute": "flops",
    "n": "n_items",
    "num_items": "n_items",
    "n_shot": "shots",
    "num_fewshot": "shots",
    "accuracy": "score",
    "subtask": "task",
}
_UNIT = re.compile(r"^(?P<name>.*?)\s*[\(\[]\s*(?P<unit>[^()\[\]]+?)\s*[\)\]]\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """One column header.

    Attributes:
        text: As written in the file.
        name: Without its unit; a known column has its canonical name.
        known: Whether it is a column of the record format.
        factor: What the values are multiplied by; 1e9 for ``(B)``, 0.01 for ``(%)``.
    """

    text: str
    name: str
    known: bool
    factor: float = 1.0


def read_header(text: str) -> Header:
    """Understand a header: ``params``, ``Model Size (B)``, ``FLOPs (1E21)``, ``MMLU (%)``."""
    match = _UNIT.match(text.strip())
    factor = _unit(match["unit"]) if match else None
    bare = match["name"] if match and factor is not None else text.strip()
    key = re.sub(r"[\s\-#]+", "_", bare.casefold()).strip("_")
    name = _ALIASES.get(key, key)
    if name in KNOWN:
        return Header(text=text, name=name, known=True, factor=factor or 1.0)
    return Header(text=text, name=bare, known=False, factor=factor or 1.0)


def closest(name: str, *, among: tuple[str, ...] = KNOWN) -> str | None:
    """The known column that a misspelt header most likely means."""
    close = get_close_matches(re.sub(r"[\s\-]+", "_", name.casefold()), among, 1, cutoff=0.75)
    return close[0] if close else None


def _unit(unit: str) -> float | None:
    if unit in ("%", "percent"):
        return 0.01
    try:
        # "(B)" is one billion; "(1E21)" is the unit itself.
        return parse_count(unit if unit[0].isdigit() else f"1{unit}")
    except CountError:
        return None
