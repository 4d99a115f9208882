"""R39: script typed into every text field of every form is nothing but text wherever it is shown, printed or exported.

The forms are found by walking the pages, the pages by the table of the access matrix: nothing here is a list by hand.
An ordinary run walks today's part of the pages, the long one all of them with every role.
"""

from __future__ import annotations

import csv
import io
import re
import sys
import zipfile
from dataclasses import dataclass, field
from itertools import cycle

import pikepdf
import pytest

from backoffice.reports import csv_export
from tests.breakin.conftest import desk_over
from tests.support.access_cells import Asking, Table
from tests.support.day_part import day, part_of
from tests.support.fuzzing import RAW_TOKEN, token_for
from tests.support.page_forms import Control, encoded, forms_of, tree_of
from tests.support.planting import planted
from tests.support.scripts import MARK, PAYLOADS, PRODUCT, SHORT, faults
from tests.views.access_table import ROLES

WRITERS = ("AD",)
READERS = ("CM", "QM")
PARTS = 6
HANDED_OUT = re.compile(r"export|workbook|csv|print|notice|numbers|population|minutes|sheet$|take_along|training\.file")
FORMULA = re.compile(r"^ *[=+\-@\t\r\n＝＋－＠]")
NUMBER = re.compile(r"^[+-]?[\d.,]+%?$")


@pytest.fixture
def desk(poisoned, tmp_path, clock):
    yield from desk_over(poisoned, tmp_path, clock)


@dataclass
class Walk:
    """What was typed, what was kept, what was looked at, where a payload stood, and what was wrong."""

    fields: set[tuple[str, str]] = field(default_factory=set)
    sent: int = 0
    kept: int = 0
    pages: int = 0
    shown: int = 0
    sights: int = 0
    wrong: list[str] = field(default_factory=list)

    def look(self, answer, said, *, forms=False):
        if answer.status_code >= 500:
            self.wrong.append(f"{said}: {answer.status_code}")
        policy = answer.headers["Content-Security-Policy"]
        if "unsafe" in policy or "*" in policy or not ("script-src 'nonce-" in policy or "sandbox" in policy):
            self.wrong.append(f"{said}: {policy}")
        if answer.headers["X-Content-Type-Options"] != "nosniff" or answer.headers["Cache-Control"] != "no-store":
            self.wrong.append(f"{said}: headers")
        if answer.mimetype.startswith("text/") and "charset=utf-8" not in answer.headers["Content-Type"]:
            self.wrong.append(f"{said}: {answer.headers['Content-Type']}")
        if answer.mimetype != "text/html":
            return None
        sights = answer.text.count(MARK)
        self.pages, self.sights, self.shown = self.pages + 1, self.sights + sights, self.shown + (sights > 0)
        if not sights and not forms and PRODUCT not in answer.text:
            return None
        tree = tree_of(answer.text)
        self.wrong += [f"{said}: {fault}" for fault in faults(tree, answer.text)]
        return tree

    def __str__(self):
        return (f"{len(self.fields)} text fields, {self.sent} forms sent, {self.kept} taken; {self.pages} pages read, "
                f"{self.shown} of them with a payload, {self.sights} payloads seen, {len(self.wrong)} of them alive")  # fmt: skip


def opened(table, asking, code, methods=("GET",)):
    cells = [cell for cell in table.cells[code] if cell.expected == "o" and not cell.endpoint.endswith("static")]
    return sorted({asking.path(cell) for cell in cells if cell.method in methods})


def typed_everywhere(desk, table, clock, code, walk, parts):
    """Each form of each page that opens to this role, with a payload in every text field; then field by field."""
    asking, token, payloads = Asking(desk, ROLES[code], clock), token_for(desk), cycle(PAYLOADS)
    done = set()
    for page in part_of(opened(table, asking, code), parts):
        answer = asking.browser(csrf_token=RAW_TOKEN).get(page)
        tree = walk.look(answer, f"GET {page}", forms=True)
        for form in forms_of(tree, page) if tree is not None and answer.status_code == 200 else ():
            shape = (re.sub(r"\d+", "0", form.action.split("?")[0]), tuple(control.name for control in form.controls))
            if shape in done or not form.texts() or form.action in ("/sign-out", "/account/password"):
                continue
            done.add(shape)
            walk.fields |= {(shape[0], control.name) for control in form.texts()}
            taken = sent(
                asking, form, page, token, lambda control: (next(payloads),) if control.is_text else None, walk
            )
            if not taken and form.method == "POST":
                for one in form.texts()[:3]:
                    sent(
                        asking,
                        form,
                        page,
                        token,
                        put_into(one, next(payloads) if one.kind == "textarea" else SHORT),
                        walk,
                    )


def put_into(one, payload):
    def change(control: Control):
        return (payload,) if control == one else None

    return change


def sent(asking, form, page, token, change, walk):
    """Send it; whether it was taken. What comes back is looked at, too: a refused form shows what was typed."""
    pairs = [(name, token if name == "csrf_token" else value) for name, value in form.filled(change)]
    browser, walk.sent = asking.browser(csrf_token=RAW_TOKEN), walk.sent + 1
    if form.method == "GET":
        address = form.action.split("?")[0] + "?" + encoded(pairs).decode()
        answer = browser.get(address)
    else:
        kind = "application/x-www-form-urlencoded"
        answer = browser.post(
            form.action, data=encoded(pairs), content_type=kind, headers={"Origin": "http://localhost"}
        )
    walk.look(answer, f"{form.method} {form.action} from {page}")
    taken = answer.status_code in (302, 303) and form.method == "POST"
    walk.kept += taken
    return taken


def walked(desk, poisoned, clock, writers, readers, parts=1):
    walk, table = Walk(), Table(poisoned).read()
    for code in writers:
        typed_everywhere(desk, table, clock, code, walk, parts)
    for code in readers:
        asking = Asking(desk, ROLES[code], clock)
        for page in part_of(opened(table, asking, code), parts):
            walk.look(asking.browser(csrf_token=RAW_TOKEN).get(page), f"{code} GET {page}")
    sys.stdout.write(f"day {day()}, part 1/{parts}: {walk}\n")
    return walk


def test_R39_script_in_every_text_field_is_only_text_wherever_it_is_shown(desk, poisoned, clock):
    walk = walked(desk, poisoned, clock, WRITERS, READERS, PARTS)
    assert "\n".join(walk.wrong) == ""
    assert len(walk.fields) > 30
    assert walk.sent > 30
    assert walk.shown > 50


PLANTS = {
    "a text that is not escaped": ("complaints/index.html", "{{ row.title }}", "{{ row.title|safe }}", "/complaints?list=all"),
    "a searched word that is not escaped": ("complaints/index.html", 'value="{{ filters.text }}"', 'value="{{ filters.text|safe }}"', f"/complaints?q=%22%3E%3C{MARK}"),
    "a searched word without quotes around it": ("complaints/index.html", 'value="{{ filters.text }}"', "value={{ filters.text }}", f"/complaints?q={MARK}+{MARK}%3D1"),
    "a name that is not escaped": ("complaints/index.html", "{{ row.department or nothing }}", "{{ row.department|safe }}", "/complaints?list=all"),
    "a typed text as an address": ("complaints/index.html", 'name="q"', 'name="q" formaction="{{ filters.text }}"', "/complaints?q=javascript:alert(1)"),
    "a typed text run as a template": ("complaints/index.html", "{{ filters.text }}", "{{ 7919 * 7919 }}", "/complaints"),
}  # fmt: skip


@pytest.mark.parametrize("plant", PLANTS)
def test_R39_the_walk_finds_one_field_that_lets_a_payload_through(desk, clock, plant):
    """What finds nothing proves nothing until it was seen to find something: the same page, whole and broken."""
    template, whole, broken, path = PLANTS[plant]
    asking, walk = Asking(desk, "complaints_manager", clock), Walk()
    walk.look(asking.browser(csrf_token=RAW_TOKEN).get(path), "whole", forms=True)
    assert walk.wrong == []
    with planted(desk, template, whole, broken):
        walk.look(asking.browser(csrf_token=RAW_TOKEN).get(path), "broken", forms=True)
    assert walk.wrong
    assert all(one.startswith("broken: ") for one in walk.wrong)


@pytest.mark.long
def test_R39_script_typed_by_every_role_is_only_text_for_every_role(desk, poisoned, clock):
    walk = walked(desk, poisoned, clock, ROLES, ROLES)
    assert "\n".join(walk.wrong) == ""
    assert walk.shown > 800


# What leaves the desk as a file ---------------------------------------------------------------------------------------


def cells_of(answer):
    """Every cell of a CSV, heads included."""
    return [
        cell for row in csv.reader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))) for cell in row
    ]


def wrong_with_workbook(data):
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        parts = {name: packed.read(name).decode("utf-8", "replace") for name in packed.namelist()}
    found = [name for name in parts if "external" in name.lower() or "vba" in name.lower()]
    return found + [
        name
        for name, text in parts.items()
        if "<f>" in text
        or "<f " in text
        or "<hyperlink" in text
        or (f'{MARK}.example"' in text.replace("&quot;", "'") and "rels" in name)
    ]


def keys_of(pdf):
    """The keys of every dictionary of a PDF."""
    for one in pdf.objects:
        if isinstance(one, (pikepdf.Dictionary, pikepdf.Stream)):
            yield from one.keys()


def wrong_with_pdf(data):
    with pikepdf.open(io.BytesIO(data)) as pdf:
        found = set(keys_of(pdf)) & {
            "/JS",
            "/JavaScript",
            "/OpenAction",
            "/AA",
            "/Launch",
            "/SubmitForm",
            "/RichMedia",
            "/XFA",
            "/ImportData",
        }
        actions = {
            str(one["/S"])
            for one in pdf.objects
            if isinstance(one, pikepdf.Dictionary) and "/S" in one and "/URI" in one
        }
        names = list(pdf.attachments)
    return sorted(found) + sorted(actions) + [name for name in names if set(name) & set('<>"/\\:|?*')]


@dataclass
class Files:
    """What was handed out, by kind, how many cells of CSV held a payload, and what was wrong."""

    seen: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("csv", "xlsx", "pdf"), 0))
    cells: int = 0
    wrong: list[str] = field(default_factory=list)

    def look(self, path, answer):
        content = answer.get_data()
        if answer.status_code != 200 or answer.mimetype == "text/html":
            return
        assert answer.headers["Content-Disposition"].startswith("attachment"), path
        assert MARK not in answer.headers["Content-Disposition"], path
        if "csv" in answer.mimetype:
            self.seen["csv"] += 1
            cells = cells_of(answer)
            self.cells += sum(MARK in one for one in cells)
            self.wrong += [f"{path}: {one[:60]}" for one in cells if FORMULA.match(one) and not NUMBER.match(one)]
        elif "spreadsheet" in answer.mimetype:
            self.seen["xlsx"] += 1
            self.wrong += [f"{path}: {one}" for one in wrong_with_workbook(content)]
        elif answer.mimetype == "application/pdf":
            self.seen["pdf"] += 1
            self.wrong += [f"{path}: {one}" for one in wrong_with_pdf(content)]


def asked_for(desk, clock, table, code):
    """One call for each file that this role may have."""
    found = {}
    asking = Asking(desk, ROLES[code], clock)
    for cell in table.cells[code]:
        if cell.expected == "o" and HANDED_OUT.search(cell.endpoint):
            found.setdefault((cell.endpoint, cell.method), (code, cell.method, asking.path(cell)))
    return found


def handed_out(desk, clock, calls, files):
    for code, method, path in calls:
        asking = Asking(desk, ROLES[code], clock)
        data = {"csrf_token": token_for(desk), "list": "all"}
        sent_from = {"Origin": "http://localhost"}
        answer = asking.browser(csrf_token=RAW_TOKEN).open(path, method=method, data=data, headers=sent_from)
        files.look(path, answer)
    sys.stdout.write(f"{files.seen}, payloads in cells {files.cells}\n")
    return files


def test_R35_R39_no_file_that_leaves_the_desk_runs_anything(desk, poisoned, clock, printing):
    table = Table(poisoned).read()
    calls = {**asked_for(desk, clock, table, "CM"), **asked_for(desk, clock, table, "QM")}
    files = handed_out(desk, clock, calls.values(), Files())
    assert files.wrong == []
    assert all(count >= 2 for count in files.seen.values()), files.seen
    assert files.cells > 20


def test_R35_a_cell_that_begins_a_formula_is_found_when_nothing_stops_it(desk, poisoned, clock, monkeypatch):
    calls = asked_for(desk, clock, Table(poisoned).read(), "CM")
    exports = [call for (endpoint, _method), call in calls.items() if endpoint.startswith("export.")]
    monkeypatch.setattr(csv_export, "safe_cell", str)
    assert handed_out(desk, clock, exports, Files()).wrong
