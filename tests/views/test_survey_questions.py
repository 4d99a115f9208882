"""R21: the questions of the survey are worded in the console; answers that were given keep their question."""

from __future__ import annotations

import re
from html import unescape

import sqlalchemy as sa

from backoffice.models.complaint import Complaint
from backoffice.models.handling import CallBack
from backoffice.sealing import CaseSeal
from tests.support.browsing import text_of
from tests.support.forms import SAME_ORIGIN, token
from tests.views.test_public_survey import HAPPY, keys, on, opened, play  # noqa: F401 (fixtures)

ADMINISTRATOR, ADDRESS = "S030", "/settings/survey_questions/"
FIELD = re.compile(r'<textarea[^>]*name="(\w+_(?:zh|en))"[^>]*>\s*([^<]*)</textarea>')


def words(browser, **changed):
    page = browser.get(ADDRESS).get_data(as_text=True)
    said = {name: unescape(text) for name, text in FIELD.findall(page)}
    assert len(said) == 14
    data = {**said, **changed, "csrf_token": token(browser, "/account")}
    return browser.post(ADDRESS, data=data, headers=SAME_ORIGIN)


def opinion(office, keys):  # noqa: F811
    with office.reading() as session:
        complaint, row = session.scalars(sa.select(Complaint)).one(), session.scalars(sa.select(CallBack)).one()
        seal = CaseSeal(keys, complaint.sealed_key, complaint.number)
        return seal.open_json(row.sealed, "call_back")["customer_opinion"]


def mark(client, address):
    return re.search(r'name="asked" value="(\w+)"', client.get(address).get_data(as_text=True))[1]


def test_R21_what_the_office_words_is_what_customers_read(play, client, office, keys, sign_in):  # noqa: F811
    browser = sign_in(ADMINISTRATOR)
    answer = words(browser, attitude_score_zh="接电话的人耐心吗？", speed_score_zh="", speed_score_en="")
    assert answer.status_code == 303
    page = text_of(client.get(opened(client, office, keys)))
    assert "接电话的人耐心吗？" in page
    assert "您对处理速度满意吗？" not in page
    shown = text_of(browser.get(ADDRESS))
    assert "问卷已保存。" in shown
    assert "评分项一（中文）" in shown  # the log names what changed
    assert "接电话的人耐心吗？" in text_of(browser.get("/settings/changes/"))


def test_R21_an_answer_keeps_its_question_whatever_is_asked_later(play, client, office, keys, sign_in):  # noqa: F811
    address = opened(client, office, keys)
    sent = client.post(address, data={**HAPPY, "asked": mark(client, address)})
    assert sent.status_code == 200
    assert words(sign_in(ADMINISTRATOR), attitude_score_zh="接电话的人耐心吗？").status_code == 303
    assert opinion(office, keys) == "您对工作人员的态度满意吗？ 4\n很快"


def test_R21_what_a_call_back_asks_in_other_words_stands_with_its_answers(play, client, office, keys, sign_in):  # noqa: F811
    own = {"resolved_flag_zh": "修好了吗？", "satisfaction_zh": "打几分？", "comment_zh": "哪里做得好？"}
    assert words(sign_in(ADMINISTRATOR), **own).status_code == 303
    address = opened(client, office, keys)
    assert client.post(address, data={**HAPPY, "asked": mark(client, address)}).status_code == 200
    assert opinion(office, keys) == "修好了吗？ 是\n打几分？ 5\n您对工作人员的态度满意吗？ 4\n哪里做得好？\n很快"


def test_R21_who_answers_what_is_asked_no_more_sees_the_new_questions_and_their_answers(
    play, client, office, keys, sign_in  # noqa: F811
):  # fmt: skip
    address = opened(client, office, keys)
    before = mark(client, address)
    words(sign_in(ADMINISTRATOR), attitude_score_zh="接电话的人耐心吗？")
    held = client.post(address, data={**HAPPY, "asked": before})
    assert held.status_code == 409
    assert "问卷刚刚有改动" in text_of(held)
    assert "很快" in text_of(held)
    now = re.search(r'name="asked" value="(\w+)"', held.get_data(as_text=True))[1]
    assert client.post(address, data={**HAPPY, "asked": now}).status_code == 200
    assert opinion(office, keys) == "接电话的人耐心吗？ 4\n很快"


def test_R21_what_is_refused_comes_back_as_it_was_typed(sign_in):
    answer = words(sign_in(ADMINISTRATOR), comment_zh="", speed_score_zh="快不快？", speed_score_en="")
    assert answer.status_code == 422
    page = text_of(answer)
    assert "这一问不能去掉" in page
    assert "两种语言都要填写" in page
    assert "快不快？" in page
