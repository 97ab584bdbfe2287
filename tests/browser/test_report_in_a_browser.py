"""A report in a real browser: nothing loads, nothing fails, and what it offers works.

Runs where Chromium and Playwright are (`make browser-test`).
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
playwright = pytest.importorskip("playwright.sync_api")
pytestmark = [
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium is installed"),
    pytest.mark.slow,
]
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
SHOWN = "table.sortable tbody tr:visible"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    for words in (["demo", "-q"], ["report", "--params", "12B", "--measured", "measured.csv"]):
        command = [sys.executable, "-P", "-m", "scalepredict", *words]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder / "report.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        made = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture
def page(browser: Any, report: Path, request: pytest.FixtureRequest) -> Iterator[Any]:
    options = {"viewport": WIDE, **getattr(request, "param", {})}
    context = browser.new_context(**options)
    made = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    made.on("console", lambda message: said.append(message.text))
    made.on("pageerror", lambda error: said.append(str(error)))
    made.on("request", lambda each: asked.append(each.url))
    made.goto(report.as_uri())
    yield made
    context.close()
    assert not said
    assert asked == [report.as_uri()]


def cells(page: Any, column: int) -> list[str]:
    table = page.locator("table.sortable").first
    return [str(text) for text in table.locator(f"tbody td:nth-child({column})").all_inner_texts()]


def test_a_click_on_a_header_sorts_and_the_keyboard_does(page: Any) -> None:
    header = page.locator("table.sortable").first.locator("th").nth(2)
    header.locator("button").click()
    last = [float(text) for text in cells(page, 3)]
    assert last == sorted(last)
    assert header.get_attribute("aria-sort") == "ascending"
    header.locator("button").press("Enter")
    assert [float(text) for text in cells(page, 3)] == sorted(last, reverse=True)


def test_benchmarks_are_filtered_by_name_and_class(page: Any) -> None:
    before = page.locator(SHOWN).count()
    page.get_by_label("benchmark", exact=True).fill("arc_")
    assert page.locator("figure:visible h3").all_inner_texts() == ["arc_challenge", "arc_easy"]
    assert page.locator(SHOWN).count() < before
    assert page.get_by_role("status").first.inner_text() == "2 of 9 benchmarks"
    page.get_by_label("benchmark", exact=True).fill("")
    page.get_by_label("class").select_option("at chance")
    shown = page.locator("figure:visible h3").all_inner_texts()
    assert shown[:2] == ["mmlu", "wsc"]
    page.get_by_label("class").select_option("")
    assert page.locator(SHOWN).count() == before


def test_values_show_on_hover(page: Any) -> None:
    mark = page.locator("figure .v").nth(2)
    mark.scroll_into_view_if_needed()
    mark.hover()
    tip = page.locator(".tip")
    assert tip.is_visible()
    assert "pythia-" in tip.inner_text()
    assert "FLOPs" in tip.inner_text()
    page.mouse.move(2, 2)
    assert not tip.is_visible()


def test_one_benchmark_is_shown_large_and_left_by_keyboard(page: Any) -> None:
    button = page.get_by_role("button", name="enlarge arc_easy")
    button.focus()
    button.press("Enter")
    dialog = page.get_by_role("dialog", name="arc_easy")
    assert dialog.is_visible()
    assert dialog.locator("svg").bounding_box()["width"] > 600
    page.keyboard.press("ArrowRight")
    assert page.get_by_role("dialog", name="lambada_openai").is_visible()
    page.locator("dialog .v").last.focus()
    assert "forecast" in page.locator(".tip").inner_text()
    page.keyboard.press("Escape")
    assert not page.locator("dialog").is_visible()


def test_fans_of_one_level_can_be_chosen(page: Any) -> None:
    page.get_by_label("intervals").select_option("50")
    assert page.locator("[id$='-fan-50']").first.is_visible()
    assert not page.locator("[id$='-fan-90']").first.is_visible()
    page.get_by_label("intervals").select_option("")
    assert page.locator("[id$='-fan-90']").first.is_visible()


@pytest.mark.parametrize("page", [{"viewport": PHONE}], indirect=True)
def test_a_phone_shows_it_without_scrolling_sideways(page: Any) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.get_by_label("benchmark", exact=True).is_visible()


@pytest.mark.parametrize(
    "page", [{"color_scheme": "dark"}, {"color_scheme": "light"}], indirect=True
)
def test_dark_and_light_have_text_that_is_told_from_its_paper(page: Any) -> None:
    colours = page.evaluate(
        "(() => { const s = getComputedStyle(document.body);"
        "return [s.color, s.backgroundColor].map(c => c.match(/[0-9]+/g).map(Number)); })()"
    )
    ink, paper = (sum(channels[:3]) for channels in colours)
    dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    assert (ink - paper > 450) if dark else (paper - ink > 450)


@pytest.mark.parametrize("page", [{"java_script_enabled": False}], indirect=True)
def test_without_scripts_everything_is_there_and_nothing_is_dead(page: Any) -> None:
    assert page.locator("figure svg").first.is_visible()
    assert page.locator("table").first.is_visible()
    assert page.locator("button, input, select, dialog").count() == 0


def test_every_control_and_every_plot_has_a_name(page: Any) -> None:
    tree = page.locator("body").aria_snapshot()
    for line in tree.splitlines():
        if any(f"- {role}" in line for role in ("button", "searchbox", "combobox", "img")):
            assert '"' in line, line
