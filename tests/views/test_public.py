"""R1: the pages for customers: off until switched on, without a session, kind to who mistypes, hard to who attacks."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import encode_multipart

from backoffice.models.complaint import Complaint
from backoffice.models.configuration import Channel, Setting
from backoffice.models.handling import Attachment
from policies.public_pages import PublicPages, as_data
from tests.support.browsing import text_of

ADDRESS = "192.0.2.7"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\6\0\0\0\x1f\x15\xc4\x89"
SAID = {
    "category": "net_broadband_slow", "what": "宽带每晚掉线", "customer_name": "周㛃敏", "contact_phone": "13900004172",
    "preferred_contact": "phone", "demand": "彻底修复", "consent": "y",
}  # fmt: skip


@pytest.fixture
def switch(office):
    def on(**settings):
        with office.writing() as session:
            session.execute(sa.delete(Setting).where(Setting.key == "public_pages"))
            session.add(Setting(key="public_pages", value=as_data(PublicPages(**{"form": True, **settings}))))
            row = session.get(Setting, "configuration_revision")
            if row is None:
                session.add(Setting(key="configuration_revision", value=1))
            else:
                row.value = int(row.value) + 1

    return on


@pytest.fixture
def client(app):
    return app.test_client()


def open_form(client, clock, speaks="zh"):
    page = client.get(f"/public/{speaks}/complaint").get_data(as_text=True)
    clock.at += timedelta(seconds=30)
    return re.search(r'name="form_key" type="hidden" value="([^"]+)"', page).group(1)


def send(client, key, speaks="zh", headers=None, address=ADDRESS, **said):
    files = [FileStorage(*one) for one in said.pop("files", [])]
    boundary, body = encode_multipart(MultiDict({"form_key": key, **SAID, **said, "files": files}))
    return client.post(
        f"/public/{speaks}/complaint", data=body, headers=headers, environ_base={"REMOTE_ADDR": address},
        content_type=f"multipart/form-data; boundary={boundary}",
    )  # fmt: skip


def complaints(office):
    with office.reading() as session:
        return list(session.scalars(sa.select(Complaint)))


@pytest.mark.parametrize(
    "path", ["/public", "/public/", "/public/zh/", "/public/en/complaint", "/public/zh/receipt/x", "/public/xx/"]
)
def test_R1_until_it_is_switched_on_there_is_no_such_page(client, path):
    answer = client.get(path, follow_redirects=True)
    assert answer.status_code == 404
    assert "Set-Cookie" not in answer.headers
    assert "/sign-in" not in answer.get_data(as_text=True)


def test_R1_until_it_is_switched_on_nothing_is_taken(client, office):
    assert send(client, "x").status_code == 404
    assert complaints(office) == []


def test_R1_without_a_channel_for_it_there_is_no_form(client, switch, office):
    switch()
    with office.writing() as session:
        session.execute(sa.text("UPDATE channel SET entry_way = 'console' WHERE entry_way = 'web_form'"))
    assert client.get("/public/zh/complaint").status_code == 404


@pytest.mark.parametrize(
    ("accepted", "expected"), [("en-GB,en", "/public/en/"), ("zh-CN", "/public/zh/"), ("fr", "/public/zh/"), ("", "/public/zh/")]
)  # fmt: skip
def test_R1_a_customer_is_led_to_the_language_of_the_browser(client, switch, accepted, expected):
    switch()
    answer = client.get("/public/", headers={"Accept-Language": accepted})
    assert (answer.status_code, answer.location) == (303, expected)


def test_R1_a_complaint_comes_in_and_its_number_is_shown(client, switch, office, clock):
    switch()
    answer = send(client, open_form(client, clock))
    assert answer.status_code == 303
    shown = client.get(answer.location)
    complaint = complaints(office)[0]
    assert complaint.number in text_of(shown)
    assert (complaint.source, complaint.registered_by_id) == ("web_form", None)
    assert client.get(answer.location.replace("/zh/", "/en/")).status_code == 200


def test_R1_the_same_form_twice_is_one_complaint_with_one_number(client, switch, office, clock):
    switch()
    key = open_form(client, clock)
    first, second = send(client, key), send(client, key)
    assert len(complaints(office)) == 1
    assert complaints(office)[0].number in text_of(client.get(first.location))
    assert complaints(office)[0].number in text_of(client.get(second.location))


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"what": ""}, "请填写“发生了什么”"),
        ({"customer_name": " "}, "请填写“姓名”"),
        ({"contact_phone": ""}, "请填写“联系电话”"),
        ({"consent": ""}, "请阅读个人信息告知并勾选同意"),
        ({"homepage": "http://spam.example"}, "自动填写"),
        ({"form_key": "made-up"}, "已为您刷新"),
        ({"occurred_at": "yesterday"}, "发生时间"),
    ],
)
def test_R1_what_is_wrong_is_said_in_a_sentence_and_what_was_typed_stays(client, switch, office, clock, said, sentence):
    switch()
    answer = send(client, open_form(client, clock), **{"demand": "退还<b>两个月</b>月租", **said})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert 'value="退还&lt;b&gt;两个月&lt;/b&gt;月租"' in page
    assert '<option value="net_broadband_slow" selected>' in page
    assert complaints(office) == []


def test_R1_a_phone_that_is_none_and_a_category_that_is_none_are_said_beside_their_fields(client, switch, clock):
    switch()
    page = send(client, open_form(client, clock), contact_phone="call me", category="").get_data(as_text=True)
    assert 'id="category-error"' in page
    answer = send(client, open_form(client, clock), contact_phone="call me")
    assert answer.status_code == 422
    assert 'id="contact_phone-error"' in answer.get_data(as_text=True)


def test_R1_what_is_sent_within_three_seconds_was_not_typed_by_a_person(client, switch, office, clock):
    switch()
    key = open_form(client, clock)
    clock.at -= timedelta(seconds=28)
    answer = send(client, key)
    assert (answer.status_code, complaints(office)) == (422, [])
    assert "提交得太快" in text_of(answer)
    clock.at += timedelta(seconds=5)
    assert send(client, key).status_code == 303


def test_R1_a_form_left_open_too_long_is_renewed_with_what_was_typed(client, switch, office, clock):
    switch()
    key = open_form(client, clock)
    clock.at += timedelta(hours=13)
    answer = send(client, key)
    assert answer.status_code == 422
    fresh = re.search(r'name="form_key" type="hidden" value="([^"]+)"', answer.get_data(as_text=True)).group(1)
    assert fresh != key
    clock.at += timedelta(seconds=10)
    assert send(client, fresh).status_code == 303
    assert len(complaints(office)) == 1


def test_R1_too_many_from_one_address_wait_with_what_was_typed(client, switch, office, clock):
    switch(per_address=2)
    for _time in range(2):
        assert send(client, open_form(client, clock)).status_code == 303
    answer = send(client, open_form(client, clock))
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 3000
    assert "彻底修复" in answer.get_data(as_text=True)
    assert "分钟后再试" in text_of(answer)
    assert send(client, open_form(client, clock), address="198.51.100.9").status_code == 303
    assert len(complaints(office)) == 3


@pytest.mark.parametrize("as_draft", [False, True])
def test_R1_a_form_sent_again_when_no_more_are_let_in_shows_its_receipt(client, switch, office, clock, as_draft):
    with office.writing() as session:
        session.execute(sa.update(Channel).where(Channel.code == "website").values(as_draft=as_draft))
    switch(per_address=2)
    key = open_form(client, clock)
    first = send(client, key)
    assert send(client, open_form(client, clock), contact_phone="").status_code == 422
    assert send(client, open_form(client, clock)).status_code == 429  # what was refused counts
    again = send(client, key)
    assert (first.status_code, again.status_code) == (303, 303)
    shown = [client.get(one.location).get_data(as_text=True) for one in (first, again)]
    assert shown[0].partition("<main")[2] == shown[1].partition("<main")[2]
    assert len(complaints(office)) == (0 if as_draft else 1)


def test_R1_files_are_few_small_and_what_they_say_they_are(client, switch, office, clock):
    switch()
    good = send(client, open_form(client, clock), files=[(io.BytesIO(PNG), "photo.png")])
    assert good.status_code == 303
    with office.reading() as session:
        assert session.scalar(sa.select(Attachment.media_type)) == "image/png"
    wrong = {
        "disguised": [(io.BytesIO(PNG), "photo.pdf")],
        "page": [(io.BytesIO(b"<script>alert(1)</script>"), "page.html")],
        "many": [(io.BytesIO(PNG), f"{n}.png") for n in range(4)],
        "large": [(io.BytesIO(PNG + b"x" * 5 * 1024 * 1024), "large.png")],
        "empty": [(io.BytesIO(b""), "empty.png")],
    }
    for files in wrong.values():
        answer = send(client, open_form(client, clock), files=files)
        assert answer.status_code == 422
        assert 'id="files-error"' in answer.get_data(as_text=True)
    assert len(complaints(office)) == 1


def test_R1_a_post_beyond_all_measure_is_refused_before_it_is_read(client, switch, office):
    switch()
    answer = send(client, "x", files=[(io.BytesIO(b"x" * 18 * 1024 * 1024), "a.png")])
    assert answer.status_code == 413
    assert "a.png" in text_of(answer)
    answer = client.post("/public/zh/complaint", data={"what": "x" * 3 * 1024 * 1024})
    assert answer.status_code in (413, 422)
    parts = {"what": "x" * 3 * 1024 * 1024, "files": (io.BytesIO(b""), "")}
    answer = client.post("/public/zh/complaint", data=parts, content_type="multipart/form-data")
    assert answer.status_code == 413
    assert "您填写的内容都还在" not in text_of(answer)
    assert "请返回上一页" in text_of(answer)
    assert complaints(office) == []


MEBIBYTE = 1024 * 1024
LARGE = {
    "one": ([18], ["“0.png”"], ["合计"]),
    "the second": ([1, 17], ["“1.png”"], ["“0.png”", "合计"]),
    "together": ([4.9, 4.9, 4.9, 4.9], ["最多添加 3 个附件"], ["“0.png”", "合计"]),
    "very many": ([3] * 6, ["最多添加 3 个附件"], ["“0.png”"]),
}


@pytest.mark.parametrize("case", LARGE)
def test_R1_of_a_post_that_is_too_large_only_the_files_are_lost(client, switch, office, clock, case):
    sizes, said, unsaid = LARGE[case]
    switch()
    key = open_form(client, clock)
    files = [(io.BytesIO(PNG + b"x" * int(size * MEBIBYTE)), f"{n}.png") for n, size in enumerate(sizes)]
    answer = send(client, key, files=files, what="宽带每晚掉线\r\n“已两周”", confidential="y")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 413
    for sentence in ("您填写的内容都还在", *said):
        assert sentence in text_of(answer)
    for sentence in unsaid:
        assert sentence not in text_of(answer)
    assert "宽带每晚掉线\n“已两周”" in page.replace("\r", "")
    for name in ("consent", "confidential"):
        assert re.search(rf'<input[^>]*checked[^>]*name="{name}"|<input[^>]*name="{name}"[^>]*checked', page), name
    assert f'value="{key}"' in page  # and the same form goes through without the files
    assert complaints(office) == []
    assert send(client, key).status_code == 303


def test_R1_texts_beyond_all_measure_are_not_gathered(client, switch, office, clock):
    switch()
    files = [(io.BytesIO(b"x" * 18 * MEBIBYTE), "a.png")]
    answer = send(client, open_form(client, clock), files=files, what="宽" * MEBIBYTE)
    assert answer.status_code == 413
    assert "请返回上一页" in text_of(answer)


def test_R39_posts_that_are_too_large_count_as_sent(client, switch, clock):
    switch(per_address=2)
    key = open_form(client, clock)
    for words in ("您填写的内容都还在", "您填写的内容都还在", "请返回上一页"):
        answer = send(client, key, files=[(io.BytesIO(b"x" * 18 * MEBIBYTE), "a.png")])
        assert answer.status_code == 413
        assert words in text_of(answer)


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=x", "text/plain"])
def test_R39_what_cannot_be_read_at_all_is_answered_with_a_sentence(client, switch, kind):
    switch()
    answer = client.post("/public/zh/complaint", data=b"y" * 18 * MEBIBYTE, content_type=kind)
    assert answer.status_code == 413
    assert "<h1>" in answer.get_data(as_text=True)


def test_R1_only_what_a_customer_knows_can_be_set(client, switch, office, clock):
    switch()
    send(client, open_form(client, clock), severity="major", urgency="high", impact="high", channel="hotline",
         received_at="2020-01-01T00:00", reserved="TS20261123-0999", external_number="X1", source="api",
         nth_complaint="9", severity_reason="x", summary="x", read_back_what="y")  # fmt: skip
    with office.reading() as session:
        row = session.scalars(sa.select(Complaint)).one()
        assert row.channel.code == "website"
        assert (row.severity, row.urgency, row.impact) == ("general", "medium", "low")
        assert (row.source, row.nth_complaint, row.external_number, row.read_back) == ("web_form", 1, None, [])
        assert row.received_at.year == 2026


def test_R1_not_sure_goes_where_the_office_says(client, switch, office, clock):
    switch()
    assert 'value="unsure"' not in client.get("/public/zh/complaint").get_data(as_text=True)
    assert send(client, open_form(client, clock), category="unsure").status_code == 422
    switch(unsure_category="net_broadband_slow")
    assert 'value="unsure"' in client.get("/public/zh/complaint").get_data(as_text=True)
    assert send(client, open_form(client, clock), category="unsure").status_code == 303
    with office.reading() as session:
        assert session.scalars(sa.select(Complaint)).one().category.code == "net_broadband_slow"


def test_R1_an_announcement_stands_on_every_page_while_it_holds(client, switch, clock):
    switch(announcement_zh="热线抢修<script>", announcement_en="The hotline is down",
           announcement_until=clock.now() + timedelta(hours=1))  # fmt: skip
    for path in ("/public/zh/", "/public/zh/complaint", "/public/zh/receipt/x"):
        assert "热线抢修&lt;script&gt;" in client.get(path).get_data(as_text=True)
    assert "The hotline is down" in client.get("/public/en/").get_data(as_text=True)
    clock.at += timedelta(hours=1)
    assert "热线抢修" not in client.get("/public/zh/").get_data(as_text=True)


# What an attacker tries ----------------------------------------------------------------------------------------------


def test_R39_customers_get_no_cookie_and_no_way_into_the_console(client, switch, clock):
    switch()
    key = open_form(client, clock)
    answers = [client.get("/public/zh/"), client.get("/public/en/complaint"), send(client, key, what=""),
               send(client, key), client.get("/public/zh/nothing"), client.get("/public/zh/receipt/x")]  # fmt: skip
    for answer in answers:
        assert "Set-Cookie" not in answer.headers
        assert "script-src" in answer.headers["Content-Security-Policy"]
        page = answer.get_data(as_text=True)
        assert not any(word in page for word in ("/sign-in", "<script", "csrf_token", "/complaints", "style="))


def test_R39_whoever_is_signed_in_stays_so_and_is_nobody_on_a_customers_page(switch, sign_in, office, clock):
    switch()
    browser = sign_in("S005")
    send(browser, open_form(browser, clock))
    assert complaints(office)[0].registered_by_id is None
    assert browser.get("/account").status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_R39_what_another_site_sends_is_not_taken(client, switch, office, clock, site):
    switch()
    answer = send(client, open_form(client, clock), headers={"Sec-Fetch-Site": site})
    assert (answer.status_code, complaints(office)) == (403, [])
    assert "请重新打开页面填写" in text_of(answer)


PAYLOADS = ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "{{ 7*7 }}", "=1+1", "\u202egnp.exe",
            "'; DROP TABLE complaint; --", "\U0001f600", "a\x08b", "名" * 4001]  # fmt: skip


@pytest.mark.parametrize("payload", PAYLOADS)
def test_R39_whatever_is_typed_is_text(client, switch, clock, payload, sign_in, office):
    switch()
    texts = dict.fromkeys(("what", "customer_name", "demand", "where", "who", "address", "product"), payload)
    answer = send(client, open_form(client, clock), **texts)
    assert answer.status_code in (303, 422)
    page = answer.get_data(as_text=True)
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert ">49<" not in page
    for complaint in complaints(office):
        seen = sign_in("S005").get(f"/complaints/{complaint.number}")
        assert seen.status_code == 200
        assert "<script>alert" not in seen.get_data(as_text=True)


@pytest.mark.parametrize(
    "body",
    [b"", b"what=%ff%fe&form_key=%00", b"\xff\xfe\x00", b"what=" + b"%F0%9F" * 9, b"&" * 500, b"a=b&" * 3000],
)
def test_R39_odd_bodies_are_answered_with_a_sentence(client, switch, office, body):
    switch()
    answer = client.post("/public/zh/complaint", data=body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code in (400, 413, 422)
    assert "<h1>" in answer.get_data(as_text=True)
    assert complaints(office) == []


def test_R39_a_receipt_cannot_be_guessed_nor_made_from_a_number(client, switch, clock):
    switch()
    shown = send(client, open_form(client, clock)).location.rpartition("/")[2]
    for guess in ("TS20261123-0001", shown[:-2] + "AA", shown.lower(), "%00", "é", "A" * 5000):
        assert client.get(f"/public/zh/receipt/{guess}").status_code in (400, 404)
    clock.at += timedelta(hours=25)
    assert client.get(f"/public/zh/receipt/{shown}").status_code == 404


def test_R39_other_methods_are_not_taken(client, switch):
    switch()
    for method in ("PUT", "DELETE", "PATCH"):
        assert client.open("/public/zh/complaint", method=method).status_code == 405


# The settings --------------------------------------------------------------------------------------------------------


def test_R1_an_administrator_switches_the_form_on_and_off_in_the_console(sign_in, client):
    browser = sign_in("S030")

    def post(**data):
        page = browser.get("/account").get_data(as_text=True)
        token = page.split('name="csrf_token" value="')[1].split('"')[0]
        return browser.post(
            "/settings/public_pages/", data={"csrf_token": token, "per_address": "20", "overall": "300", **data}
        )

    refused = post(form="y", announcement_zh="热线抢修", overall="3")
    assert refused.status_code == 422
    assert "热线抢修" in refused.get_data(as_text=True)
    assert client.get("/public/zh/complaint").status_code == 404
    assert post(form="y", announcement_from="2026-11-23T08:00").status_code == 303
    assert client.get("/public/zh/complaint").status_code == 200
    page = text_of(browser.get("/settings/public_pages/"))
    assert "官方网站" in page
    assert "开放公开表单" in page
    assert post().status_code == 303
    assert client.get("/public/zh/complaint").status_code == 404
