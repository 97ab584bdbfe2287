"""How does a result become a page? One file of HTML with its style inside; all text is escaped."""

import base64
import hashlib
import html
import re
from collections.abc import Sequence
from importlib.resources import files
from string import Template

from scalepredict.cli.figures.style import CSS_NAMES, Spot
from scalepredict.cli.views.render import Sheet, clean

_ID = re.compile(r'(\bid="|url\(#|href="#)')
_ASIDE = re.compile(r"<metadata>.*?</metadata>|<style\b.*?</style>", re.DOTALL)
_SIZE = re.compile(r'<svg\b[^>]*?viewBox="(?P<box>[^"]+)"[^>]*>', re.DOTALL)


def page(*, title: str, body: str) -> str:
    """The whole document. ``body`` is HTML already."""
    template, style, script = (_shipped(f"report.{kind}") for kind in ("html", "css", "js"))
    return Template(template).substitute(
        title=html.escape(clean(title)),
        body=body,
        style=style,
        style_hash=_hash(style),
        script=script,
        script_hash=_hash(script),
    )


def _shipped(name: str) -> str:
    return files("scalepredict.configs").joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    # What the policy of the page names: a browser runs this script and no other.
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def text(value: str) -> str:
    """Text of any origin as HTML; its direction does not reach beyond it."""
    return f"<bdi>{html.escape(clean(value))}</bdi>"


def section(heading: str, *parts: str, anchor: str = "") -> str:
    """A section; the parts are HTML already."""
    mark = f' id="{html.escape(anchor)}"' if anchor else ""
    return f"<section{mark}><h2>{text(heading)}</h2>\n{''.join(parts)}</section>\n"


def bullets(sentences: tuple[str, ...] | list[str]) -> str:
    """A list of sentences."""
    items = "".join(f"<li>{text(sentence)}</li>\n" for sentence in sentences)
    return f"<ul>\n{items}</ul>\n" if items else "<p>Nothing.</p>\n"


def table(sheet: Sheet) -> str:
    """A table whose columns a click sorts, where JavaScript is there."""
    classes = ["n" if letter == "r" else "t" for letter in sheet.align]
    head = "".join(
        f'<th class="{c}" scope="col">{text(name)}</th>'
        for c, name in zip(classes, sheet.header, strict=True)
    )
    rows = "".join(
        "<tr>"
        + "".join(
            f'<td class="{c}">{text(cell)}</td>' for c, cell in zip(classes, row, strict=True)
        )
        + "</tr>\n"
        for row in sheet.rows
    )
    caption = f"<caption>{text(sheet.title)}</caption>" if sheet.title else ""
    notes = "".join(f"<p class=note>{text(note)}</p>\n" for note in sheet.notes)
    return (
        f"<div class=scroll><table class=sortable>{caption}<thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n{rows}</tbody></table></div>\n{notes}"
    )


def picture(svg: bytes, *, number: int, label: str, spots: Sequence[Spot] = ()) -> str:
    """A figure inside the page: its colours follow the theme, its ids meet no other figure's.

    ``spots`` tell their text where the pointer is near.
    """
    drawing = svg.decode()
    drawing = drawing[drawing.index("<svg") :]
    drawing = _ASIDE.sub("", drawing)  # the page has the style, as its policy wants
    drawing = _ID.sub(rf"\g<1>f{number}-", drawing)
    for colour, name in CSS_NAMES.items():
        drawing = drawing.replace(colour, f"var(--{name})")
    match = _SIZE.search(drawing)
    assert match is not None  # matplotlib always writes one
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="{match["box"]}" role="img" aria-label="{html.escape(clean(label))}">'
    )
    rest = drawing[match.end() :]
    told = "".join(
        f'<circle class="v" role="img" cx="{spot.x:.1f}" cy="{spot.y:.1f}" r="4"><title>'
        f"{html.escape(clean(spot.text))}</title></circle>\n"
        for spot in spots
    )
    end = rest.rindex("</svg>")
    return drawing[: match.start()] + opening + rest[:end] + told + rest[end:]
