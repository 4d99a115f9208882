"""R40: on whatever page it stands, a form with a text of several lines or with many fields keeps a draft: all pages of
the access table are opened, their forms are read by a parser of the test's own, and each kind is kept and restored.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from tests.support.access_cells import Asking
from tests.support.forms import SAME_ORIGIN
from tests.views.access_table import ROLES
from tests.views.test_access_matrix import desk, scene, table

__all__ = ["desk", "scene", "table"]  # fixtures

FEW = 5
WORDS = "写了很久的话"
LEAST = {"AD": 55, "CM": 50, "QM": 35, "IC": 20}
"""Whose pages are opened, and of how many kinds at least those with a long form must be, lest nothing was looked at."""
MAIN = {
    "AD": ("staff.edit_view", "office.index", "message_templates.edit_view"),
    "CM": ("intake.register", "record.correct", "fault_notices.change", "knowledge.new", "corrective.assign"),
    "QM": ("my_inspections.appeal", "appraisal.propose", "coaching.begin", "training.session"),
    "IC": ("intake.register", "record.correct"),
}
OF_ITS_OWN = ("/inspection/",)
"""Rooms whose sheets are kept in drafts of their own (R28), which the reader of the sheet finds in it again."""


class Forms(HTMLParser):
    """The forms of a page that post: address, fields that are filled in, texts of several lines, buttons."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict] = []
        self.open: dict | None = None

    def handle_starttag(self, tag, attributes):
        said = dict(attributes)
        if tag == "form":
            self.open = None
            if (said.get("method") or "").lower() == "post":
                self.open = {"address": said.get("action") or "", "fields": set(), "texts": [], "said": said,
                             "hidden": {}, "buttons": []}  # fmt: skip
                self.found.append(self.open)
        elif self.open is None:
            return
        elif tag == "button":
            self.open["buttons"].append(said.get("formaction"))
        elif tag in ("input", "select", "textarea") and said.get("name") and "hidden" not in said:
            kind = said.get("type", "text") if tag == "input" else tag
            if kind == "hidden":
                self.open["hidden"][said["name"]] = said.get("value") or ""
            elif kind == "password":
                self.open["secret"] = True
            elif kind not in ("submit", "button", "file") and "disabled" not in said:
                self.open["fields"].add(said["name"])
            if tag == "textarea":
                self.open["texts"].append(said["name"])

    def handle_endtag(self, tag):
        if tag == "form":
            self.open = None


def long_forms(text):
    page = Forms()
    page.feed(text)
    return [one for one in page.found if one["texts"] or len(one["fields"]) > FEW]


def is_exempt(form):
    own = "data-draft-off" in form["said"] and form["said"].get("data-draft", "").startswith(OF_ITS_OWN)
    return form.get("secret") or own


@pytest.mark.parametrize("code", LEAST)
def test_R40_every_long_form_of_every_page_has_its_draft(desk, table, clock, code):
    asking = Asking(desk, ROLES[code], clock)
    seen, without, lost = set(), [], []
    for cell in table.cells[code]:
        kind = (cell.endpoint, dict(cell.values).get("action") or dict(cell.values).get("act"))
        if cell.method != "GET" or cell.expected != "o" or kind in seen or cell.endpoint.endswith("static"):
            continue
        browser, path = asking.browser(), asking.path(cell)
        with browser.get(path) as answer:
            text = answer.text if answer.status_code == 200 and answer.mimetype == "text/html" else ""
        for form in long_forms(text):
            seen.add(kind)
            if is_exempt(form):
                continue
            if "draft" not in form["hidden"] or not any("/drafts/save" in (one or "") for one in form["buttons"]):
                without.append((path, form["address"]))
            elif form["texts"] and not comes_back(browser, path, form):
                lost.append((path, form["address"]))
    assert without == []
    assert lost == []
    assert {(endpoint, None) for endpoint in MAIN[code]} <= seen
    assert len(seen) >= LEAST[code]


def comes_back(browser, path, form):
    """Whether what is typed into the form's texts is there again at the same address."""
    typed = [[name, f"{WORDS} {name}", ""] for name in form["texts"]]
    head = {**SAME_ORIGIN, "X-CSRFToken": form["hidden"].get("csrf_token", ""), "Accept": "application/json"}
    kept = browser.post("/drafts/keep", json={"draft": form["hidden"]["draft"], "typed": typed}, headers=head)
    if kept.status_code != 200:
        return False
    links = re.findall(r'<a href="([^"]+)" data-draft-restore', browser.get(path).text)
    for link in links:
        address = link.replace("&amp;", "&")
        text = browser.get(address).text
        token = {"csrf_token": form["hidden"].get("csrf_token", "")}
        number = address.rpartition("draft=")[2]
        browser.post(f"/drafts/{number}/discard", data=token, headers=SAME_ORIGIN)  # one person has sixty at most
        if all(f"{WORDS} {name}" in text for name in form["texts"]):
            return True
    return False
