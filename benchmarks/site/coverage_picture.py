"""How often did intervals hold? Two pictures from the output of accuracy.py, as SVG.

    python benchmarks/site/coverage_picture.py > coverage.svg

Left: of each group, the share of measured scores inside the 90 % interval, with the band that is
asked for. Right: what intervals said against what they held, a line for each group.
"""

from html import escape

import accuracy_table  # type: ignore[import-not-found]

WIDTH, ROW, TOP, LEFT, PLOT = 800, 22, 34, 230, 210
SAID = (50, 80, 90)
LOW, HIGH, MEANT = 85, 97, 90  # of 90 % intervals
LEAST = 50  # percent at the left end of the first picture


def picture() -> str:
    """Both pictures, side by side."""
    rows = accuracy_table.coverage()
    height = TOP + ROW * len(rows) + 40
    parts = [*_by_group(rows), *_said_and_held(rows, height - TOP - 40)]
    title = "Share of measured scores inside intervals, by group and by what was said"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{title}" class="coverage" font-size="12" fill="currentColor">'
        f"{''.join(parts)}</svg>"
    )


def _by_group(rows: list[tuple[str, ...]]) -> list[str]:
    def x(percent: float) -> float:
        return LEFT + PLOT * (max(percent, LEAST) - LEAST) / (100 - LEAST)

    bottom = TOP + ROW * len(rows)
    parts = [
        _text(LEFT, 16, "held by 90 % intervals", "start"),
        f'<rect x="{x(LOW):.0f}" y="{TOP}" width="{x(HIGH) - x(LOW):.0f}" '
        f'height="{bottom - TOP}" fill="currentColor" opacity=".12"/>',
        _line((x(MEANT), TOP), (x(MEANT), bottom), dashed=True),
    ]
    for number, (name, _, _, held, _) in enumerate(rows):
        y = TOP + ROW * (number + 0.5)
        parts += [
            _text(LEFT - 10, y + 4, name, "end"),
            _dot(x(float(held)), y, f"{name}: {held} %"),
        ]
    return parts + [_text(x(p), bottom + 18, f"{p} %") for p in (LEAST, 70, MEANT, 100)]


def _said_and_held(rows: list[tuple[str, ...]], size: float) -> list[str]:
    left, scale = WIDTH - size - 20, size / 70  # from 30 to 100 percent on both axes

    def at(said: float, held: float) -> tuple[float, float]:
        return left + scale * (said - 30), TOP + size - scale * (max(held, 30) - 30)

    parts = [_text(left, 16, "held, by what was said", "start"), _line(at(30, 30), at(100, 100))]
    for _, *shares, _ in rows:
        points = " ".join(
            f"{x:.1f},{y:.1f}"
            for x, y in (at(s, float(h)) for s, h in zip(SAID, shares, strict=True))
        )
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="currentColor" opacity=".45"/>'
        )
    for percent in SAID:
        x, y = at(percent, percent)
        parts += [
            _text(x, TOP + size + 18, f"{percent} %"),
            _text(left - 6, y + 4, f"{percent}", "end"),
        ]
    return parts


def _text(x: float, y: float, words: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{escape(words)}</text>'


def _dot(x: float, y: float, words: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5"><title>{escape(words)}</title></circle>'


def _line(start: tuple[float, float], end: tuple[float, float], *, dashed: bool = False) -> str:
    (x1, y1), (x2, y2) = start, end
    dash = ' stroke-dasharray="4 3"' if dashed else ""
    return (
        f'<line x1="{x1:.0f}" y1="{y1:.0f}" x2="{x2:.0f}" y2="{y2:.0f}" stroke="currentColor" '
        f'opacity=".6"{dash}/>'
    )


if __name__ == "__main__":
    print(picture())
