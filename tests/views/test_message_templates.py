"""R5, R13: an administrator writes the office's texts; one that could be sent only with a gap is refused at its field."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from backoffice.models.configuration import MessageTemplate
from backoffice.models.history import ReferenceChange
from tests.support.browsing import text_of

NEW = {
    "code": "ack_short", "name_zh": "简短受理", "name_en": "Short acknowledgement", "occasion": "ack", "channel": "sms",
    "subject_zh": "", "subject_en": "", "body_zh": "投诉{complaint_number}已受理。", "body_en": "{complaint_number} accepted.",
}  # fmt: skip
LIST = "/settings/message_templates"


@pytest.fixture
def browser(sign_in):
    return sign_in("S030")


def post(browser, path, **data):
    token = browser.get("/account").get_data(as_text=True).split('name="csrf_token" value="')[1].split('"')[0]
    return browser.post(path, data={"csrf_token": token, **data}, follow_redirects=True)


def row_of(office, code):
    with office.reading() as session:
        return session.scalars(sa.select(MessageTemplate).where(MessageTemplate.code == code)).one_or_none()


def test_R5_a_new_text_for_an_occasion_is_kept_with_its_places(browser, office):
    page = post(browser, f"{LIST}/new/", **NEW)
    assert page.status_code == 200
    row = row_of(office, "ack_short")
    assert (row.kind, row.audience, row.placeholders) == ("acknowledgement", "customer", ["complaint_number"])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"body_zh": "您好{custmer_name}"}, "没有 {custmer_name} 这个占位符。可用的有："),
        ({"body_zh": "{survey_link}"}, "这个场合还不知道 {survey_link} 的内容"),
        ({"body_zh": "您好{customer_name"}, "花括号不成对"),
        ({"body_en": ""}, "两种语言的正文都要填写"),
        ({"channel": "in_app"}, "这个场合不能用这种方式"),
        ({"channel": "email"}, "邮件和信函要有标题"),
        ({"occasion": "nothing"}, ""),
        ({"code": "ack_sms"}, ""),
    ],
)
def test_R5_a_refused_text_says_why_and_nothing_typed_is_lost(browser, office, changes, said):
    page = post(browser, f"{LIST}/new/", **{**NEW, **changes})
    assert page.status_code in (409, 422)
    text = page.get_data(as_text=True)
    assert said in text_of(page)
    assert "简短受理" in text
    assert row_of(office, "ack_short") is None


def test_R5_a_preview_shows_both_languages_with_samples_and_the_length_and_saves_nothing(browser, office):
    page = post(browser, f"{LIST}/new/", **{**NEW, "preview": "1"})
    assert page.status_code == 200
    text = text_of(page)
    assert "投诉TS20260918-0007已受理。" in text
    assert "TS20260918-0007 accepted." in text
    assert "1 条短信" in text
    assert row_of(office, "ack_short") is None


def test_R5_an_sms_that_takes_several_parts_is_saved_with_a_warning_in_its_preview(browser, office):
    long = {**NEW, "body_zh": "投诉{complaint_number}" + "已经受理，" * 20}
    assert "超过单条 70 字，会按 2 条收费" in text_of(post(browser, f"{LIST}/new/", **long, preview="1"))
    post(browser, f"{LIST}/new/", **long)
    assert row_of(office, "ack_short") is not None


def test_R13_a_change_keeps_the_old_words_in_the_log_and_occasion_and_way_as_they_are(browser, office):
    row = row_of(office, "progress_sms")
    body = "投诉{complaint_number}：{progress_text}"
    data = {**NEW, "body_zh": body, "body_en": body, "occasion": "result", "channel": "email"}
    post(browser, f"{LIST}/edit/?id={row.id}", **data)
    changed = row_of(office, "progress_sms")
    assert (changed.body_zh, changed.occasion, changed.channel) == (body, "progress", "sms")
    with office.reading() as session:
        line = session.scalars(sa.select(ReferenceChange).order_by(ReferenceChange.id.desc())).first()
    assert line.changes["body_zh"] == [row.body_zh, body]


def test_R26_the_last_text_that_tells_staff_is_not_retired_and_one_for_customers_is(browser, office):
    warns, surveys = row_of(office, "warn_owner"), row_of(office, "ack_phone")
    assert "最后一个模板" in text_of(post(browser, f"{LIST}/retire/?id={warns.id}", reason="不要了"))
    post(browser, f"{LIST}/retire/?id={surveys.id}", reason="不要了")
    assert row_of(office, "warn_owner").retired_at is None
    assert row_of(office, "ack_phone").retired_at is not None


def test_the_form_offers_the_places_of_the_occasion_with_meaning_and_sample(browser, office):
    page = text_of(browser.get(f"{LIST}/edit/?id={row_of(office, 'delay_sms').id}"))
    assert "{new_due_time} 新的承诺时间 9月29日18:00" in page
    assert "{survey_link}" not in page


@pytest.mark.parametrize("path", ["new/", "edit/?id=1"])
@pytest.mark.parametrize("preview", [{}, {"preview": "1"}])
def test_odd_input_ends_in_a_sentence(browser, path, preview):
    for data in ({}, {"body_zh": "{" * 500, "body_en": "\x00{a}\ud800".encode("utf-8", "replace").decode()}):
        assert post(browser, f"{LIST}/{path}", **data, **preview).status_code in (200, 400, 422)
