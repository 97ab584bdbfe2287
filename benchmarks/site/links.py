"""Does every link of the built site lead somewhere, and does nothing load from outside?

python benchmarks/site/links.py site
"""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {("script", "src"), ("img", "src"), ("link", "href"), ("iframe", "src")}


class Page(HTMLParser):
    """The ids of a page, and what it points to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[tuple[str, str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("id", "name") and value:
                self.ids.add(value)
            elif name in ("href", "src") and value:
                self.links.append((tag, name, value))


def broken(site: Path) -> list[str]:
    """A sentence for each dead link, and for each thing that is loaded from outside."""
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}
    found = []
    for path, page in pages.items():
        where = path.relative_to(site)
        for tag, name, link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                rel_alone = tag == "link" and "canonical" in link
                if (tag, name) in LOADED and parts.scheme != "data" and not rel_alone:
                    found.append(f"{where}: loads {link} from outside")
                continue
            target = path if not parts.path else (path.parent / unquote(parts.path)).resolve()
            if where.name == "404.html" and parts.path.startswith("/"):
                target = site / unquote(parts.path).lstrip("/")
            if target.is_dir():
                target /= "index.html"
            if not target.exists():
                found.append(f"{where}: {link} leads nowhere")
            elif parts.fragment and target in pages:
                ids = pages[target].ids
                if unquote(parts.fragment) not in ids and not parts.fragment.startswith("__"):
                    found.append(f"{where}: {link}: the page has no such place")
    return found


def main() -> None:
    site = Path(sys.argv[1]).resolve()
    found = broken(site)
    pages = len(list(site.rglob("*.html")))
    print(*found, f"{pages} pages, {len(found)} dead links", sep="\n")
    sys.exit(bool(found) or not pages)


if __name__ == "__main__":
    main()
