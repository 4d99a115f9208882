"""The dossier on the screen and as a download: who may, what is logged, what the browser is given (R22, R39)."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pikepdf
import pytest
import sqlalchemy as sa

from backoffice.models.history import AccessEvent
from policies.message import Message
from tests.support.played import RECORDING, TEXTS, Play
from tests.support.printing import printing
from views import dossier

__all__ = ["printing"]  # a fixture

NAME, PHONE = TEXTS["customer_name"], TEXTS["contact_phone"]


@pytest.fixture
def play(app, office, clock) -> Play:
    """A complaint that is with its handler, S016."""
    desk = app.extensions["desk"]
    played = Play(office, desk.keys, Path(desk.config["DATA_DIR"]) / "files")
    played.register()
    played.dispatch()
    clock.at = played.at
    return played


@pytest.fixture
def archived(play, clock) -> Play:
    """The same at the end of its life."""
    play.handle()
    play.close()
    clock.at = play.at
    return play


def logged(play: Play) -> list[tuple[str, dict]]:
    with play.database.reading() as session:
        rows = session.scalars(
            sa.select(AccessEvent).where(AccessEvent.complaint_id == play.complaint_id).order_by(AccessEvent.sequence)
        )
        return [(row.kind, json.loads(row.body)["facts"]) for row in rows]


def address(play: Play, ending: str = "") -> str:
    return f"/complaints/{play.number}/dossier{ending}"


@pytest.fixture
def form(app):
    app.config["WTF_CSRF_ENABLED"] = False
    return {"kind": "masked", "language": "zh_Hans"}


def test_R22_the_preview_shows_the_masked_dossier_and_is_logged(sign_in, play, archived):
    answer = sign_in("S016").get(address(play))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "投诉处理单" in page
    assert "周**" in page
    assert NAME not in page
    assert PHONE not in page
    assert "style=" not in page
    assert answer.headers["Cache-Control"] == "no-store"
    assert [kind for kind, _ in logged(play)] == ["dossier_preview"]


def test_R22_the_preview_speaks_english_to_an_english_reader(sign_in, play):
    browser = sign_in("S016")
    browser.set_cookie("language", "en")
    with play.database.writing() as session:
        session.execute(sa.text("UPDATE staff SET language = 'en' WHERE code = 'S016'"))
    page = browser.get(address(play)).get_data(as_text=True)
    assert "Complaint handling form" in page
    assert "Masked preview; every look and print is logged" in page
    assert "Technical support" in page


@pytest.mark.parametrize("code", ["S016", "S028"])
def test_R39_only_who_may_print_in_clear_is_offered_it(sign_in, play, code):
    page = sign_in(code).get(address(play)).get_data(as_text=True)
    assert ('value="full"' in page) is (code == "S028")
    assert ('name="reason"' in page) is (code == "S028")


@pytest.mark.usefixtures("printing")
def test_R22_a_masked_copy_is_downloaded_and_logged_before(sign_in, play, archived, form):
    answer = sign_in("S016").post(address(play, "/print"), data=form)
    assert answer.status_code == 200
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{play.number}-dossier-masked-1.pdf"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    with pikepdf.open(io.BytesIO(answer.data)) as pdf:
        assert "/AF" not in pdf.Root
    assert logged(play) == [("dossier_print", {"copy": 1, "full": False, "language": "zh_Hans"})]


@pytest.mark.usefixtures("printing")
def test_R22_a_copy_in_clear_holds_the_file_and_is_in_the_language_asked_for(sign_in, play, archived, form):
    data = {"kind": "full", "language": "en", "reason": "A court asked for it"}
    answer = sign_in("S028").post(address(play, "/print"), data=data)
    assert answer.status_code == 200
    with pikepdf.open(io.BytesIO(answer.data)) as pdf:
        assert str(pdf.Root.Lang) == "en"
        assert [spec.EF.F.read_bytes() for spec in pdf.Root.AF] == [RECORDING]
    assert [kind for kind, _ in logged(play)] == ["dossier_print"]


def test_R39_a_copy_in_clear_without_a_reason_is_refused_beside_the_field(sign_in, play, form):
    answer = sign_in("S028").post(address(play, "/print"), data={**form, "kind": "full", "reason": " "})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "打印含客户原文的卷宗，请写明理由" in page
    assert re.search(r'<textarea[^>]*name="reason"[^>]*>', page)
    assert "dossier_print" not in [kind for kind, _ in logged(play)]


@pytest.mark.parametrize(
    ("code", "data", "status"),
    [
        pytest.param("S016", {"kind": "full", "language": "en", "reason": "x"}, 422, id="not offered to a handler"),
        pytest.param("S013", {"kind": "masked", "language": "en"}, 404, id="a foreign handler does not learn of it"),
        pytest.param("S030", {"kind": "masked", "language": "en"}, 403, id="the administrator may not print at all"),
        pytest.param("S016", {"kind": "masked", "language": "xx"}, 422, id="no such language"),
        pytest.param("S016", {}, 422, id="nothing chosen"),
    ],
)
def test_R39_nobody_prints_more_than_they_may(sign_in, play, form, code, data, status):
    assert sign_in(code).post(address(play, "/print"), data=data).status_code == status
    assert "dossier_print" not in [kind for kind, _ in logged(play)]


@pytest.mark.parametrize(("code", "status"), [("S013", 404), ("S030", 403)])
def test_R39_the_preview_is_for_those_who_may(sign_in, play, code, status):
    assert sign_in(code).get(address(play)).status_code == status
    assert logged(play) == []


def test_a_complaint_that_is_not_there_is_not_found(sign_in, play):
    assert sign_in("S028").get("/complaints/TS20261123-4711/dossier").status_code == 404


def test_without_signing_in_nothing_is_shown(client, play):
    assert client.get(address(play)).status_code == 303
    assert logged(play) == []


def test_a_get_prints_nothing(sign_in, play):
    assert sign_in("S028").get(address(play, "/print")).status_code == 405


def test_printing_needs_the_form_token(sign_in, play):
    answer = sign_in("S028").post(address(play, "/print"), data={"kind": "masked", "language": "en"})
    assert answer.status_code == 400
    assert logged(play) == []


def test_R22_where_printing_is_not_possible_the_page_says_what_to_install(sign_in, play, monkeypatch):
    missing = Message("print.missing.pango", {"packages": "libpango-1.0-0"})
    monkeypatch.setattr(dossier, "printing_available", lambda: missing)
    page = sign_in("S016").get(address(play)).get_data(as_text=True)
    assert "apt install libpango-1.0-0" in page
    assert "/dossier/print" not in page
