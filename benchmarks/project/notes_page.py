"""Write docs/notes.md, the page of all codes of notes.

    python benchmarks/project/notes_page.py

A test says whether it is current.
"""

from pathlib import Path

from scalepredict.records.notes import CODES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "notes.md"
_HEAD = """# Notes

What a command assumed, left out or doubts is said in notes. Each has a code, which stays, a level
and words, which may change with any version. `warning` means that a number may be off, `note` that
something is good to know. With `-v` each note is said by itself, with its code; `--ignore CODE`
(repeatable) leaves out those of a code. JSON holds them as
`{"code": ..., "level": ..., "subject": ..., "text": ...}`.

| code | level | meaning |
|---|---|---|
"""


def notes_page() -> str:
    """The whole page."""
    rows = (f"| `{code}` | {kind.level} | {kind.meaning} |\n" for code, kind in CODES.items())
    return _HEAD + "".join(rows)


if __name__ == "__main__":
    PAGE.write_text(notes_page(), encoding="utf-8")
