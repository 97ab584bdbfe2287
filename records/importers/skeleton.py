"""What does a ladder file for these models look like? A commented skeleton with marked guesses."""

import yaml

from scalepredict.records.counts import format_count
from scalepredict.records.importers.collect import Collected
from scalepredict.records.ladder import Resolved

_HEAD = """\
# Sizes of the models that were found. The first pattern that matches a name, name@revision or
# path wins. Counts may be written 190M, 3.8B or 1.9e8. Check the lines marked GUESS.
schema: 1
defaults:
  # family: my-recipe        # models of one family differ only in scale
  # tokens_per_step: 2M      # needed where an entry says `tokens_from: step`
models:
"""


def ladder_skeleton(collected: Collected) -> str:
    """A ladder file with one entry for each model; what is unknown is a comment to fill in."""
    entries = {one.model: one for one in collected.checkpoints}
    return _HEAD + "".join(_entry(one) for _, one in sorted(entries.items()))


def _entry(one: Resolved) -> str:
    lines = [f"  - match: {_quoted(_pattern(one.model))}", f"    name: {_quoted(one.model)}"]
    if one.family:
        lines.append(f"    family: {_quoted(one.family)}")
    several_steps = "step" in one.sizes
    for key in ("params", "tokens"):
        if key == "tokens" and several_steps:
            lines.append("    tokens_from: step")
        elif key in one.sizes:
            mark = "" if one.origin[key] != "name" else "   # GUESS from the name"
            lines.append(f"    {key}: {format_count(one.sizes[key], digits=6)}{mark}")
        else:
            lines.append(f"    # {key}: ?")
    return "\n".join(lines) + "\n"


def _pattern(name: str) -> str:
    literal = "".join(f"[{c}]" if c in "*?[" else c for c in name)
    return f"*{literal}*"


def _quoted(text: str) -> str:
    return yaml.safe_dump(text, default_style='"', width=10**6, allow_unicode=True).strip()
