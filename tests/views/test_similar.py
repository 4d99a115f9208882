"""R7, R38, R39: similar complaints beside the form of registration, within what the clerk may see."""

from __future__ import annotations

import re

from tests.support.counting import statements
from tests.support.forms import SAME_ORIGIN, token
from tests.views.test_intake import PAGE, PHONE, complaints, register

LIKE = "宽带晚上 19:30 起又掉线了"


def look(browser, what=LIKE, phone=""):
    asked = {"csrf_token": token(browser, PAGE), "what": what, "contact_phone": phone}
    return browser.post("/intake/beside", data=asked, headers=SAME_ORIGIN)


def numbers(text):
    return re.findall(r"TS\d{8}-\d{4}", re.sub(r"<a [^>]*>", "", text))


def test_R38_what_shares_its_words_is_shown_with_who_is_at_it_and_opens_beside(sign_in):
    browser = sign_in("S005")
    register(browser)
    register(browser, submission="another", contact_phone="13900000001", what="营业厅人员态度恶劣，拒不受理")
    text = look(browser).text
    assert numbers(text) == ["TS20261123-0001"]
    assert 'href="/complaints/TS20261123-0001" target="_blank" rel="noopener"' in text
    assert "宽带速率不达标" in text
    assert PHONE not in text


def test_R38_the_callers_own_come_first_whatever_they_say(sign_in):
    browser = sign_in("S005")
    register(browser, what="营业厅人员态度恶劣，拒不受理")
    register(browser, submission="another", contact_phone="13900000001")
    text = look(browser, phone=PHONE).text
    assert numbers(text) == ["TS20261123-0001", "TS20261123-0002"]
    assert text.count("同一客户") >= 1


def test_R39_another_clerk_finds_nothing_beyond_their_scope(sign_in):
    register(sign_in("S005"))
    assert numbers(look(sign_in("S006")).text) == []


def test_R39_the_callers_own_beyond_the_scope_are_told_without_their_content_and_do_not_open(sign_in):
    register(sign_in("S005"))
    text = look(sign_in("S006"), phone=PHONE).text
    assert numbers(text) == ["TS20261123-0001"]
    assert "/complaints/" not in text
    assert "19:30" not in text


def test_R39_a_confidential_complaint_is_not_told_to_who_must_not_know_whose_it_is(sign_in):
    register(sign_in("S005"), confidential="y")
    assert numbers(look(sign_in("S006"), phone=PHONE).text) == []


def test_R38_without_script_a_button_looks_and_brings_the_form_back_filled_in(sign_in, office):
    browser = sign_in("S005")
    register(browser)
    answer = register(browser, submission="another", beside="1")
    assert answer.status_code == 200
    assert numbers(answer.text[answer.text.index('id="similar-panel"') :])[0] == "TS20261123-0001"
    assert f'value="{PHONE}"' in answer.text
    assert len(complaints(office)) == 1


def test_R38_looking_costs_the_same_number_of_statements_however_much_is_found(sign_in, app):
    browser = sign_in("S005")
    register(browser)
    counts = []
    for turn in range(2):
        look(browser, phone=PHONE)
        with statements(app) as sent:
            browser.post("/intake/beside", data={"csrf_token": token(browser, PAGE), "what": LIKE, "contact_phone": PHONE},
                         headers=SAME_ORIGIN)  # fmt: skip
        counts.append(len(sent))
        for more in range(4 * (1 - turn)):
            register(browser, submission=f"form-{more}")
    assert counts[0] == counts[1]


def test_R38_odd_texts_never_break_the_page(sign_in):
    browser = sign_in("S005")
    for odd in ("'", '"" OR *', "断网" * 5000, "a:b NEAR(c)", "<script>", "' <-> '"):
        assert look(browser, odd).status_code == 200
