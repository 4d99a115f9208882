"""R13, R39: parts of pages that are kept are never shown to another, nor after what they were made of has changed."""

from __future__ import annotations

import re
from dataclasses import replace

import sqlalchemy as sa

from backoffice.models.configuration import Channel
from backoffice.models.office import Role, RoleGrant, Staff
from backoffice.queries.actor import load_actor
from backoffice.services import channel as channels
from policies.access import Permission, Scope
from tests.support.counting import statements
from tests.support.played import Play
from views import menu
from views.kept import Kept

LIST = "/complaints?list=open"


def menu_of(page):
    return re.search(r'<nav class="side".*?</nav>', page.text, re.DOTALL)[0]


def actor_of(office, code):
    with office.reading() as session:
        return load_actor(session, session.scalar(sa.select(Staff.id).where(Staff.code == code)))


def test_a_value_is_made_once_and_the_one_not_asked_for_is_let_go_of():
    kept, made = Kept(most=2), []
    for key in ("a", "b", "a", "c", "a", "b"):
        assert kept.of(key, lambda key=key: made.append(key) or key.upper()) == key.upper()
    assert made == ["a", "b", "c", "b"]
    assert len(kept) == 2


def test_R39_actors_are_equal_only_with_the_same_rights(office):
    actor = actor_of(office, "S005")
    assert actor_of(office, "S005") == actor
    assert hash(actor_of(office, "S005")) == hash(actor)
    others = [
        actor_of(office, "S006"),
        replace(actor, grants={**actor.grants, Permission.COMPLAINT_VIEW: Scope.NONE}),
        replace(actor, roles=actor.roles | {"another"}),
        replace(actor, departments=actor.departments | {10**6}),
        replace(actor, withheld=frozenset({Permission.ORDER_SEND})),
    ]
    assert len({actor, *others}) == 1 + len(others)


def test_R39_the_menu_of_one_is_not_that_of_another(sign_in):
    first = {code: menu_of(sign_in(code).get("/account")) for code in ("S005", "S008", "S030")}
    again = {code: menu_of(sign_in(code).get("/account")) for code in ("S030", "S008", "S005")}
    assert first == again
    assert len(set(first.values())) == 3


def test_R39_a_right_that_is_taken_is_gone_from_the_menu_at_once(office, sign_in):
    browser = sign_in("S008")
    assert "list=to_dispatch" in menu_of(browser.get("/account"))
    with office.writing() as session:
        role = session.scalars(sa.select(Role).join(RoleGrant).where(RoleGrant.permission == "order_send"))
        for one in role.unique():
            one.grants = [grant for grant in one.grants if grant.permission != "order_send"]
    assert "list=to_dispatch" not in menu_of(browser.get("/account"))


def test_R13_what_waits_is_counted_anew_for_each_page(app, office, sign_in, tmp_path):
    browser = sign_in("S005")
    before = menu_of(browser.get("/account"))
    Play(office, app.extensions["desk"].keys, tmp_path / "files").register()
    after = menu_of(browser.get("/account"))
    assert before != after
    assert menu_of(browser.get("/account")) == after


def test_R13_a_list_that_is_fuller_than_is_told_is_counted_again_only_after_a_moment(
    app, office, sign_in, tmp_path, monkeypatch
):
    monkeypatch.setattr(menu, "BOUND", 1)
    moment = [1000.0]
    monkeypatch.setattr(menu, "monotonic", lambda: moment[0])
    play = Play(office, app.extensions["desk"].keys, tmp_path / "files")
    browser = sign_in("S005")
    play.register()
    assert "1+" not in menu_of(browser.get("/account"))
    play.register()
    with statements(app) as sent:
        assert "1+" in menu_of(browser.get("/account"))
    counted = max(map(len, sent))
    with statements(app) as sent:
        assert "1+" in menu_of(browser.get("/account"))
    assert max(map(len, sent)) < counted
    moment[0] += menu.CROWDED
    with statements(app) as sent:
        assert "1+" in menu_of(browser.get("/account"))
    assert max(map(len, sent)) == counted


def test_the_language_chosen_is_that_of_the_menu_and_of_the_choices(sign_in):
    browser = sign_in("S008")
    own = browser.get(LIST).text
    with browser.session_transaction() as cookie:
        kept = dict(cookie)
    assert '<html lang="zh-CN"' in own
    page = browser.get(LIST).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    browser.post("/preferences", data={"csrf_token": token, "language": "en", "next": LIST})
    english = browser.get(LIST).text
    assert '<html lang="en"' in english
    assert kept["staff"]["id"]
    chosen = re.search(r'<select[^>]*name="channel".*?</select>', own, re.DOTALL)[0]
    assert chosen in page
    assert chosen not in english


def test_R1_a_channel_out_of_use_is_no_longer_offered_above_the_list(office, sign_in, clock):
    browser = sign_in("S008")
    with office.reading() as session:
        row = session.scalars(sa.select(Channel).where(Channel.retired_at.is_(None)).order_by(Channel.id)).first()
    option = f'<option value="{row.id}">{row.name_zh}'
    assert option in browser.get(LIST).text
    assert option in browser.get(LIST).text
    with office.writing() as session:
        administrator = load_actor(session, session.scalar(sa.select(Staff.id).where(Staff.code == "S030")))
        channels.retire(session, administrator, clock.now(), row.id, "不再使用这个渠道")
    assert option not in browser.get(LIST).text


def test_R13_a_filter_that_is_chosen_is_marked_and_only_that(sign_in):
    browser = sign_in("S008")
    for wanted in ("major", "general", "major", ""):
        found = re.search(
            r'<select[^>]*name="severity".*?</select>', browser.get(f"{LIST}&severity={wanted}").text, re.DOTALL
        )[0]
        assert re.findall(r'value="(\w*)" selected', found) == ([wanted] if wanted else [])


def test_R13_a_list_asks_for_at_most_eight_things(app, sign_in):
    browser = sign_in("S003")
    browser.get(LIST)
    with statements(app) as sent:
        assert browser.get(LIST).status_code == 200
    assert len(sent) <= 8, sent
