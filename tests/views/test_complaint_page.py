"""The page of a complaint: who sees what of it, which buttons it has, and that it costs no more with a long history."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from backoffice.models.history import AccessEvent
from backoffice.services.handling import offers
from policies.vocabulary import ContactWay
from tests.support.counting import statements
from tests.support.played import TEXTS, Play
from views.case.page import ELSEWHERE, TABS

MOST_STATEMENTS = 45  # one for each kind of paper that a complaint may have
PHONE, NAME, ADDRESS = TEXTS["contact_phone"], TEXTS["customer_name"], TEXTS["address"]
SECRETS = (PHONE, NAME, ADDRESS, TEXTS["email"])

# Who is who in this complaint: S005 registered it, S008 sent it to technical support, S015 is its head, S016 handles it.
SEE_IT = ("S001", "S002", "S003", "S004", "S005", "S007", "S008", "S009", "S010", "S011", "S015", "S016", "S022", "S024", "S028", "S029")  # fmt: skip
FOREIGN = (
    "S006",
    "S012",
    "S013",
    "S017",
    "S018",
    "S026",
    "S031",
    "S032",
    "S025",
    "S035",
)  # own or department: not theirs
NEVER = ("S030",)  # an administrator has nothing to do with complaints


def play_of(app, office) -> Play:
    desk = app.extensions["desk"]
    return Play(office, desk.keys, Path(desk.config["DATA_DIR"]) / "files")


@pytest.fixture
def play(app, office, clock):
    """With its handler S016."""
    played = play_of(app, office)
    played.register()
    played.dispatch()
    clock.at = played.at
    return played


@pytest.fixture
def lived(play, clock):
    """With everything in it, archived."""
    play.handle()
    play.close()
    clock.at = play.at
    return play


def address(play, tab="record"):
    return f"/complaints/{play.number}?tab={tab}"


def buttons(text: str) -> set[str]:
    """The actions that the page offers, by their addresses; those of single measures and the way so far apart."""
    return set(re.findall(r'(?:href|action)="/complaints/TS[\d-]+/([a-z_]+)"', text)) - {"process"}


def test_R39_everybody_who_may_sees_it_and_for_others_it_is_not_there(sign_in, play):
    assert {code: sign_in(code).get(address(play)).status_code for code in SEE_IT} == dict.fromkeys(SEE_IT, 200)
    assert {code: sign_in(code).get(address(play)).status_code for code in FOREIGN} == dict.fromkeys(FOREIGN, 404)
    assert {code: sign_in(code).get(address(play)).status_code for code in NEVER} == dict.fromkeys(NEVER, 403)


def test_R39_a_number_that_there_is_not_and_one_that_is_not_ours_look_the_same(sign_in, play):
    browser = sign_in("S013")
    foreign, nothing = browser.get(address(play)), browser.get("/complaints/TS20261123-9999?tab=record")
    strip = re.compile(r'name="csrf_token" value="[^"]*"|[0-9a-f]{8,}|TS[\d-]+|nonce=\S+')  # a token bears its second
    assert foreign.status_code == nothing.status_code == 404
    assert strip.sub("", foreign.text) == strip.sub("", nothing.text)


@pytest.mark.parametrize("tab", TABS)
def test_R39_no_tab_shows_the_customer_in_clear_to_anybody(sign_in, lived, tab):
    for code in ("S003", "S005", "S011", "S016", "S029"):
        text = sign_in(code).get(address(lived, tab)).text
        assert [secret for secret in SECRETS if secret in text] == [], code
        assert "139****4172" in text, code
        assert "周**" in text, code


def test_R39_a_confidential_customer_is_hidden_but_from_the_people_of_the_case(sign_in, app, office, clock):
    played = play_of(app, office)
    played.register(confidential=True)
    played.dispatch()
    clock.at = played.at
    assert "139****4172" in sign_in("S016").get(address(played)).text
    for code in ("S022", "S029"):
        text = sign_in(code).get(address(played)).text
        assert "139****4172" not in text, code
        assert "周**" not in text, code


@pytest.mark.parametrize("code", ["S003", "S005", "S008", "S011", "S015", "S016", "S022", "S029"])
def test_R14_the_buttons_are_what_the_rules_offer_and_nothing_else(sign_in, play, code):
    with play.database.reading() as session:
        found = offers(play.work(session, code), play.complaint_id)
    wanted = {offer.action for offer in found if offer.is_open} - ELSEWHERE
    shown = buttons(sign_in(code).get(address(play)).text) - {"correct", "reveal", "dossier"}
    assert shown == wanted


def test_R14_what_is_not_open_yet_is_shown_with_its_reason(sign_in, play):
    text = sign_in("S016").get(address(play)).text
    assert 'aria-describedby="why-submit_facts"' in text
    assert "缺少证据：系统记录" in text
    assert f'href="/complaints/{play.number}/submit_facts"' not in text


@pytest.mark.parametrize(("code", "reveals", "corrects", "prints"),
    [("S005", True, True, False), ("S016", True, False, True), ("S011", False, False, False), ("S003", True, True, True),
     ("S008", True, True, True), ("S029", False, False, True), ("S022", False, False, True)])  # fmt: skip
def test_R39_the_links_to_clear_data_to_correcting_and_to_paper_are_for_those_who_may(
    sign_in, play, code, reveals, corrects, prints
):
    text = sign_in(code).get(address(play)).text
    shown = [f'href="/complaints/{play.number}/{one}"' in text for one in ("reveal", "correct", "dossier")]
    assert shown == [reveals, corrects, prints]


def test_R22_a_closed_complaint_whose_lesson_alone_is_missing_is_archived_by_others_than_its_handler(
    sign_in, play, clock
):
    play.handle()
    play.act("S011", "confirm_satisfied", callback_method=ContactWay.PHONE, resolved_flag=True, satisfaction=5)
    clock.at = play.at
    for code in ("S008", "S028", "S003"):
        assert "archive" in buttons(sign_in(code).get(address(play)).text), code
    for code in ("S016", "S005", "S011"):
        assert "archive" not in buttons(sign_in(code).get(address(play)).text), code


def test_R22_an_archived_complaint_offers_nothing_but_additions(sign_in, lived):
    assert buttons(sign_in("S028").get(address(lived)).text) == {"add_supplement", "reveal", "dossier"}
    assert buttons(sign_in("S016").get(address(lived)).text) == {"reveal", "dossier"}


def test_R24_every_running_clock_says_why_it_is_due_when_it_is(sign_in, play):
    text = sign_in("S016").get(address(play)).text
    clocks = len(re.findall(r'<div class="clock">', text))
    assert clocks >= 4
    running = re.findall(r'<progress(?: class="(?:soon|late)?")? value', text)
    assert 1 <= len(running) < clocks
    assert len(re.findall(r'<details class="why">', text)) == len(running)
    assert len(re.findall(r'<ol class="reckon">\s*<li', text)) == len(running)
    assert text.count("第 1 版的规定") + text.count("第 1 版的特别规定") == len(running), (
        "and which row of which version"
    )


def test_the_page_asks_the_database_no_more_when_the_history_is_long(app, sign_in, play, clock):
    browser = sign_in("S016")
    browser.get(address(play))
    for tab in TABS:
        with statements(app) as short:
            assert browser.get(address(play, tab)).status_code == 200
        assert len(short) <= MOST_STATEMENTS, (tab, len(short))
    counts = []
    for _ in range(2):
        with statements(app) as sent:
            browser.get(address(play, "history"))
        counts.append(len(sent))
        for n in range(30):
            play.act("S016", "communicate", way=ContactWay.PHONE, text=f"第 {n} 次沟通")
            play.at -= timedelta(minutes=39)
        clock.at = play.at
        browser = sign_in("S016")
        browser.get("/account")
    with statements(app) as sent:
        text = browser.get(address(play, "history")).text
    assert text.count("记录沟通") >= 60
    assert len(sent) == counts[0] == counts[1]


def test_R22_the_history_says_whether_its_chain_holds(sign_in, play):
    assert "未见改动" in sign_in("S003").get(address(play, "history")).text
    with play.database.writing() as session:
        session.execute(
            sa.text(
                "UPDATE event SET body = replace(body, '\"start_check\"', '\"accept\"') WHERE action = 'start_check'"
            )
        )
    assert "未见改动" not in sign_in("S003").get(address(play, "history")).text


def test_R39_a_file_is_opened_by_those_who_may_and_each_time_is_logged(sign_in, play):
    browser = sign_in("S016")
    (link,) = set(re.findall(rf"/complaints/{play.number}/files/\d+", browser.get(address(play, "files")).text))
    answer = browser.get(link)
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert sign_in("S011").get(link).status_code == 403
    assert sign_in("S013").get(link).status_code == 404
    with play.database.reading() as session:
        logged = session.execute(sa.select(AccessEvent.kind, AccessEvent.complaint_id)).all()
    assert logged == [("open_attachment", play.complaint_id)]


def test_the_page_speaks_english_to_an_english_reader(sign_in, play):
    browser = sign_in("S016")
    browser.set_cookie("language", "en")
    with play.database.writing() as session:
        session.execute(sa.text("UPDATE staff SET language = 'en' WHERE code = 'S016'"))
    text = browser.get(address(play)).text
    assert "Under investigation" in text
    assert "调查中" not in text
