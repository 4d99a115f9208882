"""R21: after a first-contact solution the customer answers by a signed link, once, by the same act as a call-back."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from backoffice.models.complaint import Complaint
from backoffice.models.configuration import Setting
from backoffice.models.handling import CallBack
from backoffice.models.work import Outbox
from backoffice.queries.verification import verify
from backoffice.sealing import CaseSeal
from backoffice.services.core.survey_link import PATH, Asked, link
from policies.public_pages import PublicPages, as_data
from policies.vocabulary import ContactWay, Fault, Outcome
from tests.support.browsing import text_of
from tests.support.played import RECEIVED, Play
from tests.support.told_cases import local

ADDRESS = "https://complaints.example.com"
DUE = local("2026-11-25T18:00")  # two working days after Monday 23 November
HAPPY = {"resolved_flag": "yes", "satisfaction": "5", "attitude_score": "4", "comment": "很快"}


@pytest.fixture
def keys(app):
    return app.extensions["desk"].keys


@pytest.fixture
def on(office):
    with office.writing() as session:
        session.add(Setting(key="public_pages", value=as_data(PublicPages(survey=True, address=ADDRESS))))


def solved(office, keys, folder, **more):
    played = Play(office, keys, folder)
    played.register(**more)
    played.act("S005", "acknowledge", way=ContactWay.PHONE, text="已受理")
    played.act("S005", "start_check")
    played.act("S005", "solve_at_first_contact", solution="重启光猫", customer_opinion="好了", fault=Fault.CUSTOMER_FAULT,
               cause_code="system_fault", apologised=True)  # fmt: skip
    return played


@pytest.fixture
def play(on, office, keys, tmp_path, clock):
    clock.at = RECEIVED + timedelta(days=1)
    return solved(office, keys, tmp_path / "files")


def letters(office, keys):
    """The messages of a survey: by which way, to whom, what."""
    with office.reading() as session:
        rows = session.scalars(sa.select(Outbox).where(Outbox.template.like("survey%"))).all()
        found = []
        for row in rows:
            complaint = session.get_one(Complaint, row.complaint_id)
            content = CaseSeal(keys, complaint.sealed_key, complaint.number).open_json(row.sealed, "outbox")
            found.append((row.way, content["to"], content["text"]))
        return found


def path_of(office, keys):
    text = letters(office, keys)[0][2]
    return PATH + text.split(ADDRESS + PATH)[1].split("，")[0].split("\n")[0]


def state(office):
    with office.reading() as session:
        row = session.scalars(sa.select(Complaint)).one()
        return row.step, row.outcome, row.satisfaction


def opened(client, office, keys):
    answer = client.get(path_of(office, keys))
    assert answer.status_code == 303
    return answer.location


def test_R21_who_was_helped_at_once_is_sent_the_link_by_sms(play, office, keys):
    way, to, text = letters(office, keys)[0]
    assert (way, to) == ("sms", "13900004172")
    assert play.number in text
    assert len(letters(office, keys)) == 1


def test_R21_who_prefers_email_is_sent_it_by_email(on, office, keys, tmp_path):
    solved(office, keys, tmp_path / "files", preferred_contact=ContactWay.EMAIL)
    assert [one[:2] for one in letters(office, keys)] == [("email", "zhou@example.com")]


def test_R21_nothing_is_sent_while_the_survey_is_off(office, keys, tmp_path):
    solved(office, keys, tmp_path / "files")
    assert letters(office, keys) == []


def test_R21_who_cannot_be_reached_by_a_message_is_called_as_always(on, office, keys, tmp_path):
    solved(office, keys, tmp_path / "files", texts={"contact_phone": "", "email": ""}, preferred_contact=None)
    assert letters(office, keys) == []


def test_R21_satisfied_confirms_it_as_a_call_back_by_nobody_of_the_office(client, play, office, keys):
    address = opened(client, office, keys)
    assert play.number in text_of(client.get(address))
    answer = client.post(address, data=HAPPY)
    assert answer.status_code == 200
    assert "感谢您的评价" in text_of(answer)
    assert state(office) == ("archive", Outcome.FIRST_CONTACT_RESOLVED, 5)
    with office.reading() as session:
        call = session.scalars(sa.select(CallBack)).one()
        assert (call.way, call.reached, call.solved, call.satisfaction, call.by_id) == (
            "survey_link",
            True,
            True,
            5,
            None,
        )
        complaint = session.scalars(sa.select(Complaint)).one()
        said = CaseSeal(keys, complaint.sealed_key, complaint.number).open_json(call.sealed, "call_back")
        assert "很快" in said["customer_opinion"]
        assert "态度满意吗？ 4" in said["customer_opinion"]
        assert verify(session, keys.chain).broken == []


@pytest.mark.parametrize("said", [{"resolved_flag": "no"}, {"satisfaction": "3"}])
def test_R21_who_is_not_satisfied_is_handled_on_at_the_dispatch_desk(client, play, office, keys, said):
    answer = client.post(opened(client, office, keys), data={**HAPPY, **said, "comment": "还是慢"})
    assert "感谢您的评价" in text_of(answer)
    step, outcome, _score = state(office)
    assert step == "dispatch"
    assert outcome is None


def test_R21_it_is_answered_once(client, play, office, keys):
    address = opened(client, office, keys)
    client.post(address, data=HAPPY)
    for answer in (client.get(address), client.post(address, data={**HAPPY, "satisfaction": "1", "comment": "x"})):
        assert "已经评价过" in text_of(answer)
    assert state(office)[2] == 5
    with office.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(CallBack)) == 1


def test_R21_what_is_missing_is_said_and_what_was_answered_stays(client, play, office, keys):
    address = opened(client, office, keys)
    answer = client.post(address, data={"satisfaction": "2", "comment": "<b>慢</b>"})
    assert answer.status_code == 422
    assert "请选择问题是否解决" in text_of(answer)
    page = answer.get_data(as_text=True)
    assert "&lt;b&gt;慢&lt;/b&gt;" in page
    assert 'checked id="satisfaction-1"' in page
    assert client.post(address, data={**HAPPY, "satisfaction": "2", "comment": ""}).status_code == 422
    assert client.post(address, data={**HAPPY, "satisfaction": "99"}).status_code == 422
    assert state(office)[0] == "call_back"


def test_R21_the_minute_of_the_deadline_is_still_in_time_and_then_it_is_over(client, play, office, keys, clock):
    address = opened(client, office, keys)
    clock.at = DUE + timedelta(seconds=59)
    assert client.get(address).status_code == 200
    clock.at = DUE + timedelta(seconds=60)
    for answer in (client.get(address), client.post(address, data=HAPPY)):
        assert answer.status_code == 410
        assert "问卷已过期" in text_of(answer)
    assert state(office)[0] == "call_back"


def test_R39_a_link_cannot_be_made_up_nor_turned_to_another_complaint(client, play, office, keys):
    good = path_of(office, keys).removeprefix(PATH)
    other = link(keys, Asked(play.complaint_id + 1, DUE))
    for forged in ("x", good[:-1], good[::-1], good.swapcase(), "A" * 35, "A" * 5000, other, "%00"):
        answer = client.get(f"/public/zh/survey/{forged}")
        assert answer.status_code in (400, 404)
        assert client.post(f"/public/zh/survey/{forged}", data=HAPPY).status_code in (400, 404)
    assert state(office)[0] == "call_back"


def test_R39_another_site_answers_nothing_and_nothing_is_kept_in_the_browser(client, play, office, keys):
    address = opened(client, office, keys)
    assert client.post(address, data=HAPPY, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert "Set-Cookie" not in client.get(address).headers
    assert state(office)[0] == "call_back"


def test_R21_who_was_called_meanwhile_need_not_answer(client, play, office, keys):
    play.act("S011", "confirm_satisfied", callback_method=ContactWay.PHONE, resolved_flag=True, satisfaction=4)
    assert "已经评价过" in text_of(client.get(opened(client, office, keys)))
