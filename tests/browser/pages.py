"""Looking at a page as a person and a scanner do: sign in, choose a language, and check what every page must keep."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import ConsoleMessage, Error, Page, expect

from tests.support.live import PASSWORD

WIDTHS = (1280, 390)
HEIGHT = 900
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
SIGN_IN = "/sign-in"

_WATCH = """window.__refused = [];
document.addEventListener('securitypolicyviolation', e => window.__refused.push(e.violatedDirective + ' ' + e.blockedURI));"""
_BARS = "how => document.querySelectorAll('.actionbar').forEach(e => { e.style.position = how; })"
_WIDER = """() => {
  const width = document.documentElement.clientWidth;
  const over = [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > width + 1
    && !e.closest('.scroll, .table-responsive, .strip, .sr-only, .side')).slice(0, 3);
  return document.documentElement.scrollWidth > width ? over.map(e => e.outerHTML.slice(0, 120)).concat(['scrolls']) : [];
}"""


def watch(page: Page) -> Page:
    """Makes a page remember what its content policy refused and what its scripts broke."""
    page.add_init_script(_WATCH)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(f"script: {error}"))
    page.on("console", lambda message: faults.append(f"console: {message.text}") if _is_fault(message) else None)
    page.faults = faults  # type: ignore[attr-defined]
    return page


def _is_fault(message: ConsoleMessage) -> bool:
    """A message of the content policy or of a script; that a page answered 4xx is said there too and is no fault."""
    return message.type == "error" and "Failed to load resource" not in message.text


def sign_in(page: Page, login: str, password: str = PASSWORD) -> None:
    """Signs somebody in by the page, as a person does. A page of another person is signed out by a new window."""
    page.goto(SIGN_IN)
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", password)
    page.click("main button[type=submit].btn-primary")
    page.wait_for_url(lambda address: SIGN_IN not in address)


def speak(page: Page, language: str) -> None:
    """Chooses the language (``zh_Hans`` or ``en``) by the switch of the page that is open."""
    wanted = {"zh_Hans": "zh-CN", "en": "en"}[language]
    if page.evaluate("document.documentElement.lang") != wanted:
        page.locator(f"button[name=language][value={language}]:visible").first.click()
        expect(page.locator("html")).to_have_attribute("lang", wanted)


def check_page(page: Page, heading: str | None = None, *, status: int | None = None) -> None:
    """What every page must keep, at both widths: its heading, no sideways scroll, no refused part, nothing axe finds.

    ``status`` is for a page that was just opened by ``goto`` through this helper's caller and is only said in faults.
    """
    said = f"{page.url} ({status})" if status else page.url
    headings = page.locator("h1").all_inner_texts()
    assert len(headings) == 1, f"{said}: {len(headings)} headings of the first level"
    if heading is not None:
        assert headings[0].strip() == heading, said
    assert page.title().strip(" ·"), said
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        page.evaluate("window.scrollTo(0, 0)")  # what a place on the page has under the top bar is no fault of it
        wider, found = page.evaluate(_WIDER), scan(page)
        assert not wider, f"{said} scrolls sideways at {width}: {wider}"
        assert not found, f"{said} at {width}: {found}"
    refused = page.evaluate("window.__refused") + page.faults  # type: ignore[attr-defined]
    assert not refused, f"{said}: {refused}"
    page.set_viewport_size({"width": WIDTHS[0], "height": HEIGHT})


def scan(page: Page) -> list[str]:
    """What axe finds against WCAG A and AA on the page that is open; it must have scanned this very page."""
    if not page.evaluate("typeof window.axe !== 'undefined'"):
        page.evaluate(AXE)
    address, heading = page.url, page.locator("h1").first.inner_text()
    page.evaluate(_BARS, "static")  # what is half under the bar at the foot is no fault: a person scrolls
    found: dict[str, Any] = page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations', 'passes']})", WCAG
    )
    page.evaluate(_BARS, "")
    assert found["url"] == address == page.url, f"axe scanned {found['url']}, not {address}"
    assert page.locator("h1").first.inner_text() == heading, "the page changed while axe scanned it"
    # A scan that saw nothing finds nothing: these rules apply to every page of the desk.
    passed = {rule["id"] for rule in found["passes"]}
    assert {"document-title", "html-has-lang", "color-contrast"} <= passed | {r["id"] for r in found["violations"]}
    return [
        f"{rule['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def focus_order(page: Page, presses: int) -> list[str]:
    """What the Tab key reaches, one after the other, by its words."""
    reached = []
    for _ in range(presses):
        page.keyboard.press("Tab")
        try:
            reached.append(
                page.evaluate("(document.activeElement.innerText || document.activeElement.name || '').trim()")
            )
        except Error:
            reached.append("")
    return reached
