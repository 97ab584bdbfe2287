"""What do the documents say of the rules? Pages, an index, and the levels of the gate file."""

from scalepredict.evaluation.off_trend.rules.rule import Rule
from scalepredict.evaluation.off_trend.rules.rules import RULES

INDEX = "index.md"


def rule_pages() -> dict[str, str]:
    """The pages under ``docs/rules`` in Markdown, by file name."""
    pages = {f"{rule.name}.md": _page(rule) for rule in RULES.values()}
    return {INDEX: _index(), **pages}


def gate_rules() -> str:
    """The section ``rules`` of ``gate.yaml``, indented as it is there."""
    return "".join(["  rules:\n", *(f"    {r.name}: {r.level}\n" for r in RULES.values())])


def _index() -> str:
    rows = (f"| {r.id} | [{r.name}]({r.name}.md) | {r.level} | {r.help} |" for r in RULES.values())
    return "\n".join(
        [
            "# Rules of `scalepredict check`",
            "",
            "Levels are `error`, `warning`, `note` and `off`; `rules:` in `scalepredict.yaml` sets "
            "them by id or by name.",
            "",
            "| id | rule | level | finds |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _page(rule: Rule) -> str:
    parts = {"Why": rule.why, "Example": f"> {rule.example}", "How to silence it": rule.silence}
    head = f"# {rule.name}\n\n{rule.id} · {rule.level}\n\n{rule.help}\n"
    return head + "".join(f"\n## {title}\n\n{text}\n" for title, text in parts.items())
