"""Which column is which? Names, other names and units of headers, in long and wide tables."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from scalepredict.errors import CountError, RecordError
from scalepredict.records.formats.record_columns import COUNTS, KNOWN, OF_ONE_SCORE
from scalepredict.records.text.counts import parse_count
from scalepredict.records.text.visible import is_visible

WIDE_ATTRIBUTES = {
    "loss": "task_loss",
    "task_loss": "task_loss",
    "stderr": "stderr",
    "n": "n_items",
    "n_items": "n_items",
}

GRADED = ("correct", "is_correct")  # one answer in each row: 0 or 1, true or false
_ALIASES = {
    "model_name": "model",
    "model_family": "family",
    "n_params": "params",
    "num_params": "params",
    "parameters": "params",
    "model_size": "params",
    "total_params": "params",
    "params_total": "params",
    "total_parameters": "params",
    "active_params": "params_active",
    "activated_params": "params_active",
    "active_parameters": "params_active",
    "n_active_params": "params_active",
    "non_embedding_params": "params_non_embedding",
    "non_embedding_parameters": "params_non_embedding",
    "params_no_embed": "params_non_embedding",
    "nonembedding_params": "params_non_embedding",
    "params_nonembedding": "params_non_embedding",
    "random_seed": "seed",
    "train_seed": "seed",
    "replicate": "seed",
    "n_tokens": "tokens",
    "token": "tokens",
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
    **dict.fromkeys(("question", "question_id", "item", "item_id", "doc_id"), "task"),
    **dict.fromkeys(("sample_id", "example_id", "instance_id", "problem_id"), "task"),
    **dict.fromkeys(GRADED, "successes"),
}
_SHORT = ("lab", "kind", "seed", "fraction")  # words that other columns resemble by chance
# Settings and book-keeping that people keep beside scores, and that no harness reports as one.
_SETTINGS = re.compile(
    r"(?:(?:max|min|peak|base|init|final)_)?(?:lr|learning_rate)(?:_\w+)?|(?:\w+_)?dropout|"
    r"(?:adam_?)?beta_?[12]|(?:adam_?)?eps(?:ilon)?|weight_decay|wd|(?:lr_)?warm_?up\w*|"
    r"(?:\w+_)?batch_size(?:_\w+)?|bsz?|gbs|(?:max_)?(?:seq|sequence|context)_?(?:len|length)|ctx\w*|"
    r"(?:n|num)_(?:layers?|heads?|kv_heads|experts|gpus?|nodes|epochs?|devices|workers)|n?layers|"
    r"n?heads|depth|width|d_?(?:model|ff|head)|(?:hidden|ffn|embedding|head|vocab)_?(?:size|dim)|"
    r"aspect_ratio|epochs?|(?:gpu_|tpu_|wall_|train_|training_)?hours|runtime|walltime|wall_clock\w*|"
    r"(?:grad(?:ient)?_)?clip\w*|grad_norm|momentum|rank|position|index|idx|id|row|unnamed\w*|"
    r"(?:\w+_)?date|year|month|created(?:_\w+)?|updated(?:_\w+)?|timestamp|(?:hub_?)?licen[cs]e|"
    r"(?:hub_?)?(?:likes|downloads)|hub\b.*|hub_.*|(?:is|has|use|uses)_\w+|moe|mup|tied_\w+|init_std|"
    r"z_loss\w*|price|cost|latency\w*|throughput\w*|tokens_per_(?:second|sec|step|param)|mfu|"
    r"(?:carbon|co2)\w*|top_[kp]|temperature|schedule|optimi[sz]er|scheduler|git_\w+|sha|commit|"
    r"flagged|available_\w+|run_id|job_id|trial|version|url|link",
)
_FALLBACK = {  # names of a column that mean this only where no column says it plainly
    "model": ("fullname", "full_name", "model_id", "name", "checkpoint", "run", "run_name"),
    "params": ("size", "n", "parameter_count"),
}
_UNIT = re.compile(r"(?P<name>.*?)\s*[(\[]\s*(?P<unit>[^()\[\]]+?)\s*[)\]]")
_WORDS = {"million": 1e6, "billion": 1e9, "trillion": 1e12, "nats": 1.0, "nats/token": 1.0}


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

    @property
    def percent(self) -> bool:
        """Whether the values are said to be percent."""
        return self.factor == 0.01


def read_header(text: str) -> Header:
    """Understand a header: ``params``, ``Model Size (B)``, ``FLOPs (1E21)``, ``MMLU (%)``."""
    text = text.strip()
    match = _UNIT.fullmatch(text)
    if match is not None:
        name, factor = _canonical(match["name"]), _unit(match["unit"])
        if name in KNOWN and factor is not None:
            return Header(text=text, name=name, known=True, factor=factor)
        if factor == 0.01:
            return Header(text=text, name=match["name"], known=False, factor=factor)
    name = _canonical(text)
    return Header(text=text, name=name if name in KNOWN else text, known=name in KNOWN)


def holds_answers(texts: Iterable[str]) -> bool:
    """Whether the headers are of a table with one graded answer in each row."""
    keys = {_key(text.strip()) for text in texts}
    return bool(keys & frozenset(GRADED)) and not any(_canonical(key) == "trials" for key in keys)


def names_a_model(text: str) -> bool:
    """Whether a header is that of the column of models."""
    name = _canonical(text.strip())
    return name == "model" or name in _FALLBACK["model"][:3]


def read_headers(
    source: str, texts: Sequence[str], *, percent: bool, line: int = 1
) -> list[Header]:
    """Understand all headers of a file.

    Args:
        source: Name of the file, for messages.
        texts: The headers.
        percent: Whether the user said that scores are in percent.
        line: Where they stand.

    Raises:
        RecordError: Two columns mean the same, one is misspelt, or a needed one is missing.
    """
    headers = _with_fallbacks([_named(source, line, i, text) for i, text in enumerate(texts)])
    wide = not any(header.name in OF_ONE_SCORE for header in headers if header.known)
    if percent:
        headers = [_in_percent(header) if wide or header.known else header for header in headers]
    where = f"{source}, line {line}"
    _refuse_repeated(where, headers)
    _refuse_misspelt(where, headers, wide=wide)
    _refuse_missing(where, headers, ("model",) if wide else ("model", "benchmark"))
    if not wide:
        names = {header.name for header in headers}
        if not names & {"score", "task_loss", "successes"}:
            _refuse_missing(where, headers, ("score",))
    return headers


def _named(source: str, line: int, place: int, text: str) -> Header:
    if not text.strip():  # the index that pandas writes before the columns
        name = f"unnamed_{place + 1}"
        return Header(text=name, name=name, known=False)
    if not is_visible(text):
        raise RecordError(
            f"{source}, line {line}: the name of column {place + 1}, {text!a}, has no visible "
            "character; write a name, or leave it empty and the column is left out."
        )
    return read_header(text)


def is_wide(headers: Sequence[Header]) -> bool:
    """Whether each benchmark has a column of its own."""
    return not any(header.known and header.name == "benchmark" for header in headers)


def is_setting(name: str) -> bool:
    """Whether a column of a wide table holds a setting of the run, not a score."""
    bare = _UNIT.fullmatch(name)
    return _SETTINGS.fullmatch(_key(bare["name"] if bare else name)) is not None


def misspelt(name: str, fields: Iterable[str]) -> str | None:
    """The field that a name is a slip of; names of tasks are free, so only a near one counts."""
    close = get_close_matches(name, _plausible(name, fields), 1, cutoff=0.8)
    return close[0] if close else None


def _plausible(name: str, fields: Iterable[str]) -> list[str]:
    # A slip keeps the start or the end: thousands of columns are not compared letter by letter.
    return [field for field in fields if field[:1] == name[:1] or field[-2:] == name[-2:]]


def _with_fallbacks(headers: list[Header]) -> list[Header]:
    present = {header.name for header in headers if header.known}
    for name, others in _FALLBACK.items():
        if name in present:
            continue
        for i, header in enumerate(headers):
            bare = _UNIT.fullmatch(header.text)
            if not header.known and _key(bare["name"] if bare else header.text) in others:
                factor = _unit(bare["unit"]) if bare and name in COUNTS else 1.0
                headers[i] = replace(header, name=name, known=True, factor=factor or 1.0)
                break
    return headers


def _canonical(text: str) -> str:
    key = _key(text)
    return _ALIASES.get(key, key)


def _key(text: str) -> str:
    return re.sub(r"[\s\-#]+", "_", text.casefold()).strip("_")


def _unit(unit: str) -> float | None:
    if unit in ("%", "percent"):
        return 0.01
    word = unit.casefold().removesuffix("s") if unit != "nats" else unit
    if word in _WORDS:
        return _WORDS[word]
    try:
        # "(B)" is one billion; "(1E21)" is the unit itself.
        return parse_count(unit if unit[0].isdigit() else f"1{unit}")
    except CountError:
        return None


def _in_percent(header: Header) -> Header:
    if header.known and header.name not in ("score", "stderr"):
        return header
    attribute = WIDE_ATTRIBUTES.get(header.name.rpartition("/")[2])
    if not header.known and attribute not in (None, "stderr"):
        return header
    return replace(header, factor=0.01)


def _refuse_repeated(where: str, headers: Sequence[Header]) -> None:
    seen: dict[str, Header] = {}
    for header in headers:
        if header.name in seen:
            raise RecordError(
                f"{where}: columns {seen[header.name].text!r} and {header.text!r} mean "
                "the same; keep one of them."
            )
        seen[header.name] = header


def _refuse_misspelt(where: str, headers: Sequence[Header], *, wide: bool) -> None:
    # In a wide table any header may be a benchmark, so only a missing column's near-miss is one.
    present = {header.name for header in headers}
    candidates = [name for name in KNOWN if name not in present and name not in _SHORT]
    if wide:
        candidates = [name for name in candidates if name not in OF_ONE_SCORE]
    for header in headers:
        if header.known or header.name.startswith("x_") or (wide and is_setting(header.name)):
            continue
        bare = _UNIT.fullmatch(header.text)
        key = _canonical(bare["name"] if bare else header.text)
        cutoff = 0.8 if wide else 0.75
        near = _plausible(key, candidates)
        close = [key] if key in KNOWN else get_close_matches(key, near, 1, cutoff=cutoff)
        if close:
            raise RecordError(
                f"{where}: unknown column {header.text!r}; did you mean {close[0]!r}? "
                "(If not, start its name with x_ and it is ignored.)"
            )


def _refuse_missing(where: str, headers: Sequence[Header], needed: Sequence[str]) -> None:
    present = {header.name for header in headers if header.known}
    for name in needed:
        if name not in present:
            raise RecordError(
                f"{where}: no column {name!r}; the columns are "
                f"{', '.join(repr(header.text) for header in headers[:20])}. A record needs model, "
                "params, tokens or flops, benchmark and score; or one column for each benchmark."
            )
