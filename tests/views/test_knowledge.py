"""R38: the pages of knowledge: written, released by a colleague, offered while typing, opened and counted."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from backoffice.models.knowledge import Knowledge
from tests.support.forms import SAME_ORIGIN, token

WRITER, SECOND, CLERK = "S007", "S024", "S005"
FORM = "f0rm" * 8
ARTICLE = {
    "title_zh": "光猫频繁离线怎么问", "title_en": "Modem drops: what to ask", "body_zh": "先问指示灯，再测光功率。", "body_en": "",
    "categories": "net_broadband_slow", "submission": "once",
}  # fmt: skip


def post(browser, address, **data):
    return browser.post(address, data={"csrf_token": token(browser, "/account"), **data}, headers=SAME_ORIGIN)


@pytest.fixture
def number(sign_in):
    """An article that is released."""
    made = post(sign_in(WRITER), "/knowledge/new", **ARTICLE)
    assert made.status_code == 303
    found = made.location.rpartition("/")[2]
    assert post(sign_in(SECOND), f"/knowledge/{found}/release", version="1", checked="y").status_code == 303
    return found


def test_R38_the_writer_does_not_release_and_a_clerk_does_not_see_a_draft(sign_in):
    writer = sign_in(WRITER)
    number = post(writer, "/knowledge/new", **ARTICLE).location.rpartition("/")[2]
    assert "自己写的内容须由另一位同事核对后发布" in writer.get(f"/knowledge/{number}").text
    own = post(writer, f"/knowledge/{number}/release", version="1", checked="y")
    assert own.status_code == 403
    assert "自己写的内容须由另一位同事核对后发布" in own.text
    unticked = post(sign_in(SECOND), f"/knowledge/{number}/release", version="1")
    assert unticked.status_code == 422
    assert "核对全文并勾选，再发布" in unticked.text
    clerk = sign_in(CLERK)
    assert clerk.get(f"/knowledge/{number}").status_code == 404
    assert "光猫频繁离线怎么问" not in clerk.get("/knowledge").text
    assert "光猫频繁离线怎么问" in writer.get("/knowledge?list=draft").text


def test_R38_what_is_refused_comes_back_as_it_was_typed(sign_in):
    answer = post(sign_in(WRITER), "/knowledge/new", **{**ARTICLE, "title_zh": ""})
    assert answer.status_code == 422
    assert "写标题" in answer.text
    assert "先问指示灯，再测光功率。" in answer.text


def test_R38_it_is_offered_while_a_complaint_is_typed_and_each_opening_is_counted_once(number, sign_in, office):
    clerk = sign_in(CLERK)
    for typed in ({"category": "net_broadband_slow"}, {"what": "我家光猫频繁离线"}):
        assert "光猫频繁离线怎么问" in post(clerk, "/intake/beside", submission=FORM, **typed).text
    assert "光猫频繁离线怎么问" not in post(clerk, "/intake/beside", category="net_sms_fail").text
    for _ in range(2):
        opened = post(clerk, f"/knowledge/{number}/open", place=f"form:{FORM}")
        assert opened.status_code == 303
    assert "先问指示灯" in clerk.get(opened.location).text
    with office.reading() as session:
        assert session.scalar(sa.select(Knowledge.opened)) == 1
    assert "使用 1 次" in clerk.get("/knowledge?q=光猫离线").text
    writer = sign_in(WRITER)
    assert "光猫频繁离线怎么问" not in writer.get("/knowledge?list=never").text
    clerk.set_cookie("language", "en")
    assert "Modem drops: what to ask" in clerk.get("/knowledge").text


def test_R38_what_stands_beside_the_form_is_not_asked_without_a_rest(number, sign_in, clock):
    clerk = sign_in(CLERK)
    for _ in range(120):
        assert post(clerk, "/intake/beside").status_code == 200
    held = post(clerk, "/intake/beside", category="net_broadband_slow")
    assert held.status_code == 429
    assert held.headers["Retry-After"] == "60"
    assert "60 秒后再试" in held.text
    assert post(sign_in("S006"), "/intake/beside").status_code == 200  # each person for themselves
    clock.at += timedelta(minutes=1)
    assert "光猫频繁离线怎么问" in post(clerk, "/intake/beside", category="net_broadband_slow").text


def test_R38_withdrawn_it_is_offered_no_more(number, sign_in):
    assert post(sign_in(WRITER), f"/knowledge/{number}/withdraw", version="2").status_code == 303
    clerk = sign_in(CLERK)
    assert clerk.get(f"/knowledge/{number}").status_code == 404
    assert "光猫频繁离线怎么问" not in post(clerk, "/intake/beside", category="net_broadband_slow").text


def test_R38_a_change_waits_for_its_release_and_the_clerk_reads_what_was_released_before(number, sign_in):
    changed = {**ARTICLE, "body_zh": "先测光功率。", "version": "2"}
    assert post(sign_in(WRITER), f"/knowledge/{number}/change", **changed).status_code == 303
    assert "先问指示灯" in sign_in(CLERK).get(f"/knowledge/{number}").text
    second = sign_in(SECOND)
    page = second.get(f"/knowledge/{number}").text
    assert "先测光功率。" in page
    assert "这是待发布的修改" in page
    assert post(second, f"/knowledge/{number}/release", version="3", checked="y").status_code == 303
    assert "先问指示灯" not in sign_in(CLERK).get(f"/knowledge/{number}").text


def test_R38_of_two_writers_the_second_is_told_and_keeps_what_was_typed(number, sign_in):
    writer = sign_in(WRITER)
    assert post(writer, f"/knowledge/{number}/change", **{**ARTICLE, "version": "2"}).status_code == 303
    late = post(writer, f"/knowledge/{number}/change", **{**ARTICLE, "body_zh": "后到的", "version": "2"})
    assert late.status_code == 409
    assert "后到的" in late.text


def test_R38_days_come_back_when_the_last_lies_before_the_first(sign_in):
    said = {**ARTICLE, "valid_from": "2026-12-02", "valid_until": "2026-12-01"}
    answer = post(sign_in(WRITER), "/knowledge/new", **said)
    assert answer.status_code == 422
    assert 'value="2026-12-02"' in answer.text
    assert "有效期止早于起" in answer.text


@pytest.mark.parametrize(("address", "said"), [("/knowledge/new", {}), ("/knowledge/ZS2026-001/release", {"checked": "y"}),
                                               ("/knowledge/ZS2026-001/withdraw", {})])  # fmt: skip
def test_R39_a_clerk_writes_releases_and_withdraws_nothing(number, sign_in, address, said):
    assert post(sign_in(CLERK), address, **said).status_code == 403


def test_R38_odd_input_never_breaks_a_page(number, sign_in):
    writer = sign_in(WRITER)
    odd = {**ARTICLE, "submission": "x" * 500, "version": "9" * 40, "valid_from": "x", "title_zh": "标" * 5000}
    assert post(writer, "/knowledge/new", **odd).status_code == 422
    assert post(writer, "/knowledge/new", source="TS20261123-9999").status_code == 404
    assert writer.get("/knowledge/new?source=TS20261123-9999").status_code == 404
    assert writer.get("/knowledge/ZS2026-999").status_code == 404
    for asked in ("list=x&after=-1", "after=99999999999999999999", "q=%27%22*", "q=" + "x" * 3000, "list=outside"):
        assert writer.get(f"/knowledge?{asked}").status_code == 200
    assert post(writer, f"/knowledge/{number}/open", place="x" * 5000).status_code == 303
