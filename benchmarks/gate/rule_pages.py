"""Write the pages of the rules, and their levels into gate.yaml.

    python benchmarks/gate/rule_pages.py

A test says whether they are current.
"""

import re
from pathlib import Path

from scalepredict.evaluation.off_trend.rules.pages import gate_rules, rule_pages

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    folder = ROOT / "docs" / "rules"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.md"):
        old.unlink()
    for name, text in rule_pages().items():
        (folder / name).write_text(text, encoding="utf-8")
    replace_in(ROOT / "configs" / "gate.yaml", r"  rules:\n(?:    .*\n)+", gate_rules())


def replace_in(path: Path, pattern: str, text: str) -> None:
    path.write_text(re.sub(pattern, lambda _: text, path.read_text(encoding="utf-8"), count=1))


if __name__ == "__main__":
    main()
