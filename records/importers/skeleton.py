"""What does a ladder file for these models look like? A commented skeleton with marked guesses."""

import yaml

from scalepredict.records.importers.collect import Collected
from scalepredict.records.importers.names import counts_in_name
from scalepredict.records.importers.sidecar import Resolved
from scalepredict.records.text.counts import format_count

_HEAD = """\
# Sizes of the models that were found. The first pattern that matches a name, name@revision or
# path wins. Counts may be written 190M, 3.8B or 1.9e8. Check the lines marked GUESS.
schema: 1
defaults:
  role: fit
  # family: my-recipe        # models of one family differ only in scale
  # tokens_per_step: 2M      # tokens of the checkpoints whose step is known
models:
"""


def ladder_skeleton(collected: Collected) -> str:
    """A ladder file with one entry for each model; what is unknown is a comment to fill in."""
    entries: dict[str, list[Resolved]] = {}
    for one in collected.checkpoints:
        entries.setdefault(one.model, []).append(one)
    # The first match wins: a name goes after the names that it begins.
    return _HEAD + "".join(_entry(entries[name]) for name in sorted(entries, reverse=True))


def _entry(checkpoints: list[Resolved]) -> str:
    one = checkpoints[-1]
    renamed = not (one.model.startswith(one.label) or one.label.startswith(one.model))
    pattern = _literal(one.label if renamed else one.model) + "*"
    lines = [f"  - match: {_quoted(pattern)}", f"    name: {_quoted(one.model)}"]
    if one.family:
        lines.append(f"    family: {_quoted(one.family)}")
    for key in ("params", "tokens"):
        if key == "tokens" and len(checkpoints) > 1:
            known = "its tokens" if key in one.sizes else "tokens_per_step"
            lines.append(f"    # {key}: {len(checkpoints)} checkpoints, told apart by {known}")
        elif key in one.sizes:
            mark = "" if one.origin[key] in ("file", "ladder") else "   # GUESS from the name"
            kind = "_non_embedding" if (key, one.params_kind) == ("params", "non_embedding") else ""
            lines.append(f"    {key}{kind}: {format_count(one.sizes[key], digits=15)}{mark}")
        else:
            counts = counts_in_name(one.label) if key == "params" else ()
            which = f"   # which of {' and '.join(counts)}, or neither" if counts else ""
            lines.append(f"    # {key}: ?{which}")
    return "\n".join(lines) + "\n"


def _literal(name: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)


def _quoted(text: str) -> str:
    return yaml.safe_dump(text, default_style='"', width=10**6, allow_unicode=True).strip()
