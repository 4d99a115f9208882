"""R39: script typed into every text field of every form is nothing but text wherever it is shown, printed or exported.

The forms are found by walking the pages, the pages by the table of the access matrix: nothing here is a list by hand.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
import sys
import zipfile
from dataclasses import dataclass, field
from itertools import cycle

import pikepdf
import pytest

from backoffice.database import Database
from tests.support import access_scene
from tests.support.access_cells import Asking, Table
from tests.support.fuzzing import RAW_TOKEN, token_for
from tests.support.page_forms import Control, encoded, forms_of, tree_of
from tests.support.scripts import MARK, PAYLOADS, PRODUCT, SHORT, faults, poison_what_is_kept, poison_what_is_played
from tests.views.access_table import ROLES
from views.app import create_app

WRITERS = ("AD",)
READERS = ("CM", "QM")
HANDED_OUT = re.compile(r"export|workbook|csv|print|notice|numbers|population|minutes|sheet$|take_along|training\.file")
FORMULA = re.compile(r"^ *[=+\-@\t\r\n＝＋－＠]")
NUMBER = re.compile(r"^[+-]?[\d.,]+%?$")


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory):
    """The scene of the access matrix with a payload at the end of every free text, of complaints and configuration alike."""
    with pytest.MonkeyPatch.context() as patch:
        poison_what_is_played(patch)
        scene = access_scene.build(tmp_path_factory.mktemp("scripts") / "desk")
    database = Database(access_scene.url_of(scene.folder))
    assert poison_what_is_kept(database) > 1000
    database.dispose()
    return scene


@pytest.fixture
def desk(poisoned, tmp_path, clock):
    folder = tmp_path / "desk"
    shutil.copytree(poisoned.folder, folder)
    app = create_app(
        {"DATA_DIR": str(folder), "DATABASE_URL": access_scene.url_of(folder), "CLOCK": clock, "TESTING": True}
    )
    app.config["PROPAGATE_EXCEPTIONS"] = False
    yield app
    app.extensions["desk"].database.dispose()


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


def typed_everywhere(desk, table, clock, code, walk):
    """Each form of each page that opens to this role, with a payload in every text field; then field by field."""
    asking, token, payloads = Asking(desk, ROLES[code], clock), token_for(desk), cycle(PAYLOADS)
    done = set()
    for page in opened(table, asking, code):
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


def walked(desk, poisoned, clock, writers, readers):
    walk, table = Walk(), Table(poisoned).read()
    for code in writers:
        typed_everywhere(desk, table, clock, code, walk)
    for code in readers:
        asking = Asking(desk, ROLES[code], clock)
        for page in opened(table, asking, code):
            walk.look(asking.browser(csrf_token=RAW_TOKEN).get(page), f"{code} GET {page}")
    sys.stdout.write(f"{walk}\n")
    return walk


def test_R39_script_in_every_text_field_is_only_text_wherever_it_is_shown(desk, poisoned, clock):
    walk = walked(desk, poisoned, clock, WRITERS, READERS)
    assert "\n".join(walk.wrong) == ""
    assert len(walk.fields) > 150
    assert walk.kept > 15
    assert walk.shown > 150


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


def test_R35_R39_no_file_that_leaves_the_desk_runs_anything(desk, poisoned, clock, printing):
    table, seen, wrong, shown = Table(poisoned).read(), dict.fromkeys(("csv", "xlsx", "pdf"), 0), [], 0
    for code in ("CM", "QM"):
        asking = Asking(desk, ROLES[code], clock)
        cells = [cell for cell in table.cells[code] if cell.expected == "o" and HANDED_OUT.search(cell.endpoint)]
        done = set()
        for cell in cells:
            path = asking.path(cell)
            if (cell.endpoint, cell.method) in done or (
                cell.endpoint.endswith(("print_report", "dossier.print")) and code != "QM"
            ):
                continue
            done.add((cell.endpoint, cell.method))
            data = {"csrf_token": token_for(desk), "list": "all"}
            answer = asking.browser(csrf_token=RAW_TOKEN).open(
                path, method=cell.method, data=data, headers={"Origin": "http://localhost"}
            )
            content = answer.get_data()
            if answer.status_code != 200 or answer.mimetype == "text/html":
                continue
            assert answer.headers["Content-Disposition"].startswith("attachment"), path
            assert MARK not in answer.headers["Content-Disposition"], path
            if "csv" in answer.mimetype:
                seen["csv"] += 1
                cells_here = cells_of(answer)
                shown += sum(MARK in one for one in cells_here)
                wrong += [f"{path}: {one[:60]}" for one in cells_here if FORMULA.match(one) and not NUMBER.match(one)]
            elif "spreadsheet" in answer.mimetype:
                seen["xlsx"] += 1
                wrong += [f"{path}: {one}" for one in wrong_with_workbook(content)]
            elif answer.mimetype == "application/pdf":
                seen["pdf"] += 1
                wrong += [f"{path}: {one}" for one in wrong_with_pdf(content)]
    sys.stdout.write(f"{seen}, payloads in cells {shown}\n")
    assert wrong == []
    assert all(count >= 2 for count in seen.values()), seen
    assert shown > 20
