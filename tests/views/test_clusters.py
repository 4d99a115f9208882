"""R17: the page of clusters: accepted complaint by complaint, dismissed with a reason, answered once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from backoffice.models.complaint import Complaint
from backoffice.services import clusters
from backoffice.services.figures import change_figures, figures
from tests.support.forms import SAME_ORIGIN, token
from tests.support.played import Play


@pytest.fixture
def plays(app, office, clock):
    """Three customers of one leaf; one of the complaints has an order."""
    desk = app.extensions["desk"]
    found = []
    for n in range(3):
        play = Play(office, desk.keys, Path(desk.config["DATA_DIR"]) / "files", clock.at + timedelta(minutes=n))
        play.register(uploads=(), texts={"contact_phone": f"1390000000{n}"})
        found.append(play)
    found[1].dispatch()
    clock.at = found[1].at
    with office.writing() as session:
        admin = found[0].work(session, "S030").actor
        change_figures(session, admin, clock.at, {**figures(session), "cluster_complaints": 3})
        found[0].at = clock.at
        assert len(clusters.look(found[0].work(session, "S003"))) == 1
    return found


def post(browser, action, **values):
    data = {"csrf_token": token(browser, "/account"), "proposal": "1", **values}
    return browser.post(f"/clusters/{action}", data=data, headers=SAME_ORIGIN)


def severities(office):
    with office.reading() as session:
        return sorted(session.scalars(sa.select(Complaint.severity)))


def test_R17_accepting_raises_each_complaint_and_says_what_came_of_it(plays, office, sign_in):
    manager = sign_in("S003")
    page = manager.get("/clusters").text
    assert all(play.number in page for play in plays)
    assert post(manager, "accept").status_code == 303
    assert severities(office) == ["important"] * 3
    after = manager.get("/clusters").text
    assert "已提升 3 件" in after
    assert post(sign_in("S001"), "accept").status_code == 303
    assert severities(office) == ["important"] * 3


def test_R17_what_cannot_be_raised_says_why_and_the_others_are_raised_all_the_same(plays, office, sign_in):
    plays[0].act("S005", "start_check")
    plays[0].act("S005", "withdraw", closing_reason_text="客户撤诉")
    manager = sign_in("S003")
    assert post(manager, "accept").status_code == 303
    assert severities(office) == ["general", "important", "important"]
    assert "未提升" in manager.get("/clusters").text


def test_R17_dismissing_needs_a_reason_and_a_late_one_is_not_lost(plays, office, sign_in):
    manager = sign_in("S003")
    empty = post(manager, "dismiss", reason=" ")
    assert (empty.status_code, 'id="reason-1-error"' in empty.text) == (422, True)
    assert post(manager, "dismiss", reason="原因各异").status_code == 303
    assert "原因各异" in manager.get("/clusters").text
    late = post(sign_in("S001"), "dismiss", reason="写了很久的理由")
    assert (late.status_code, "写了很久的理由" in late.text) == (409, True)
    assert severities(office) == ["general"] * 3


@pytest.mark.parametrize("proposal", ["", "0", "x", "99", "9" * 30, "-1"])
def test_R17_a_cluster_that_is_not_there_is_a_sentence(plays, sign_in, proposal):
    assert post(sign_in("S003"), "accept", proposal=proposal).status_code == 303
    assert post(sign_in("S003"), "dismiss", proposal=proposal, reason="x").status_code == 409


def test_R17_who_regrades_in_one_department_alone_does_not_answer_clusters(plays, sign_in):
    lead = sign_in("S004")
    assert lead.get("/clusters").status_code == 403
    assert post(lead, "accept").status_code == 403
