"""R1: what is no complaint, what a message says whatever state it is in, and to what an answer belongs."""

from __future__ import annotations

import base64
import contextlib
import time
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.incoming_mail import Belongs, Ignored, as_addition, as_fields, belongs, numbers_in, ours, why_ignored
from policies.mail_message import LONGEST_TEXT_PART, TooComplicatedError, UnreadableError, read_message
from policies.mail_text import own_words, phone_in, words_of_html

OWN = frozenset({"complaints@example.com"})
PLAIN = """From: {sender}
To: complaints@example.com
Subject: {subject}
Date: Mon, 23 Nov 2026 10:00:00 +0800
Message-ID: <one@mail.example.net>
{more}
{text}
"""


def mail(text="家里宽带三天不通。", subject="宽带故障", sender="周晓 <zhou@example.net>", more=""):
    return PLAIN.format(sender=sender, subject=subject, more=more and f"{more}\n", text=text).encode()


def test_R1_a_message_of_a_customer_is_not_ignored():
    found = read_message(mail())
    assert why_ignored(found, OWN) is None
    assert (found.sender, found.sender_name, found.subject) == ("zhou@example.net", "周晓", "宽带故障")
    assert found.text == "家里宽带三天不通。"


ANSWERS = "In-Reply-To: <message-7.20261123020000@example.com>"
IGNORED = [
    (Ignored.BOUNCE, {"more": "Return-Path: <>"}),
    (Ignored.BOUNCE, {"sender": "Mail Delivery System <MAILER-DAEMON@mx.example.net>"}),
    (Ignored.BOUNCE, {"sender": "postmaster@example.net"}),
    (Ignored.BOUNCE, {"more": "X-Failed-Recipients: someone@example.net"}),
    (Ignored.BOUNCE, {"more": 'Content-Type: multipart/report; report-type=delivery-status; boundary="x"'}),
    (Ignored.BOUNCE, {"more": 'Content-Type: multipart/report; report-type=disposition-notification; boundary="x"'}),
    (Ignored.AUTO_REPLY, {"more": "Auto-Submitted: auto-replied"}),
    (Ignored.AUTO_REPLY, {"more": "Auto-Submitted: auto-generated; owner=x"}),
    (Ignored.AUTO_REPLY, {"more": "X-Auto-Response-Suppress: DR, OOF, AutoReply"}),
    (Ignored.AUTO_REPLY, {"more": "X-Auto-Response-Suppress: All"}),
    (Ignored.AUTO_REPLY, {"more": "X-Autoreply: yes"}),
    (Ignored.AUTO_REPLY, {"subject": "自动回复: 您的投诉已受理", "more": ANSWERS}),
    (Ignored.AUTO_REPLY, {"subject": "自动回复：您的投诉已受理", "more": ANSWERS}),
    (Ignored.AUTO_REPLY, {"subject": "自动回复", "more": ANSWERS}),
    (Ignored.AUTO_REPLY, {"subject": "Automatic reply: your complaint", "more": ANSWERS}),
    (Ignored.AUTO_REPLY, {"subject": "Out of office", "more": ANSWERS}),
    (Ignored.AUTO_REPLY, {"subject": "Out of the Office: back on Monday", "more": ANSWERS}),
    (Ignored.BULK, {"more": "Precedence: bulk"}),
    (Ignored.BULK, {"more": "Precedence: junk"}),
    (Ignored.BULK, {"more": "List-Id: <news.example.net>"}),
    (Ignored.OWN, {"sender": "投诉受理 <Complaints@Example.com>"}),
    (Ignored.EMPTY, {"subject": "", "text": " \n--\n"}),
]
TAKEN = [
    {"more": "Auto-Submitted: no"},
    {"more": "Precedence: normal"},
    {"subject": "自动回复：你们的机器人不理人"},
    {"subject": "自动回复", "text": "打了三次电话都是自动回复。"},
    {"subject": "Auto", "more": ANSWERS},
    {"subject": "Auto: the car was never repaired", "more": ANSWERS},
    {"subject": "Out of office", "text": "Nobody is ever there."},
    {"subject": "自动回复一直骗人，没有人处理"},
    {"subject": "Automatic replies are all I get"},
    {"subject": "Out of office hours nobody answers"},
    {"more": "X-Auto-Response-Suppress: RN"},
    {"subject": "", "text": "x"},
    {"more": "Return-Path: <zhou@example.net>"},
    {"sender": '"complaints@example.com" <zhou@example.net>'},
]


@pytest.mark.parametrize(("why", "said"), IGNORED)
def test_R1_bounces_automatic_replies_and_ones_own_mail_are_ignored_with_their_reason(why, said):
    assert why_ignored(read_message(mail(**said)), OWN) is why


@pytest.mark.parametrize("said", TAKEN)
def test_R1_whoever_writes_about_such_things_is_a_customer(said):
    assert why_ignored(read_message(mail(**said)), OWN) is None


def raw_mail(subject, body, content_type="text/plain"):
    head = b"From: zhou@example.net\nMIME-Version: 1.0\nContent-Transfer-Encoding: 8bit\n"
    return head + b"Content-Type: " + content_type.encode() + b"\nSubject: " + subject + b"\n\n" + body


def word(text, charset, name):
    return f"=?{name}?B?{base64.b64encode(text.encode(charset)).decode()}?=".encode()


TEXT = "繁體與简体：手機沒有訊號"
CHARSETS = [
    ("gb18030", "gb2312", "简体中文与龘字"),
    ("gb18030", "GBK", "信号时断时续"),
    ("big5", "big5", "手機沒有訊號"),
    ("utf-8", "utf-8", TEXT),
    ("utf-8", "us-ascii", "名不副实的编码"),
    ("utf-8", "x-nobody-knows", "没有听说过的编码"),
    ("gb18030", "utf-8", "声称是另一种编码的信件正文"),
]


@pytest.mark.parametrize(("true", "said", "text"), CHARSETS)
def test_R1_chinese_is_read_whatever_the_charset_is_called(true, said, text):
    raw = raw_mail(word(text, true, said), text.encode(true), f'text/plain; charset="{said}"')
    found = read_message(raw)
    assert (found.subject, found.text) == (text, text)


def test_R1_a_header_of_raw_bytes_is_read():
    assert read_message(raw_mail("没有网络".encode("gb18030"), b"x")).subject == "没有网络"
    assert read_message(raw_mail("没有网络".encode(), b"x")).subject == "没有网络"


def test_R1_a_character_that_was_cut_between_two_words_of_a_header_is_whole_again():
    whole = "投诉".encode("gb18030")
    words = [base64.b64encode(part).decode() for part in (whole[:3], whole[3:])]
    subject = f"=?gb2312?B?{words[0]}?=\n =?gb2312?B?{words[1]}?=".encode()
    assert read_message(raw_mail(subject, b"x")).subject == "投诉"


def test_R1_a_page_becomes_words_and_nothing_that_acts():
    page = (
        "<html><head><title>no</title><style>p{}</style></head><body><p>第一行<br>第二行 &amp; <b>粗</b></p>"
        "<script>alert(1)</script><img src=x onerror=alert(1)><blockquote>从前的话</blockquote></body></html>"
    )
    found = words_of_html(page)
    assert found.split("\n")[:2] == ["第一行", "第二行 & 粗"]
    assert "> 从前的话" in found
    assert all(sign not in found for sign in ("<", "alert", "no", "p{}"))
    raw = raw_mail(b"x", page.encode(), "text/html; charset=utf-8")
    assert read_message(raw).text == found


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("5 < 6 and <b>7</b> > 6 &amp; &#22909;", "5 < 6 and 7 > 6 & 好"),
        ("<p title='a > b'>好<br/>坏</p>", "好\n坏"),
        ("<p title=it's>好</p>", "好"),
        ("<head><meta charset=utf-8><title>x</title><body>好", "好"),
        ("<head><style>a<b</style></head>好<script>if (a</b) x='</p>'</SCRIPT >坏", "好坏"),
        ("好<!-- not > this -->坏<!doctype x><?php y ?>", "好坏"),
        ("<table><tr><td>手机</td><td>坏了</td></tr></table>", " 手机  坏了"),
        ("好<!-- without end", "好"),
        ("好<a href='x", "好"),
        ("&#" + "1" * 5000 + "; 好", "&#" + "1" * 5000 + "; 好"),
    ],
)
def test_R1_a_page_says_what_a_browser_would_show(page, text):
    assert words_of_html(page) == text


def hostile(kind, body):
    return b"From: a@example.net\nContent-Type: " + kind + b"\n\n" + body


def within(depth, body):
    """Parts within parts, and a body in the innermost."""
    heads = (b"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n" % (at, at + 1) for at in range(depth))
    return hostile(b"multipart/mixed; boundary=b0", b"".join(heads) + b"--b%d\n\n" % depth + body)


MUCH = 1_000_000
SLOW = {
    "comments": hostile(b"text/html", b"<!--" * (MUCH // 4)),
    "tags": hostile(b"text/html", b"<a" * (MUCH // 2)),
    "values": hostile(b"text/html", b"<a b='" * (MUCH // 6)),
    "both values": hostile(b"text/html", b"<a b='\"" * (MUCH // 7) + b">"),
    "scripts": hostile(b"text/html", b"<script>" * (MUCH // 8)),
    "ends of scripts": hostile(b"text/html", b"<script></script" * (MUCH // 16)),
    "declarations": hostile(b"text/html", b"<!" * (MUCH // 2)),
    "equal signs": hostile(b"text/html", b"<a " + b"= " * (MUCH // 2)),
    "entities": hostile(b"text/html", b"&#" + b"9" * MUCH),
    "signs": hostile(b"text/html", b"<" * MUCH),
    "parameters": hostile(b'text/plain; a="' + b";" * MUCH, b"x"),
    "a charset of no mail": hostile(b"text/plain; charset=punycode", b"a" * (MUCH // 2) + b"-" + b"b" * (MUCH // 2)),
    "parts": hostile(b"multipart/mixed; boundary=b", b"--b\n\nx\n" * (MUCH // 8)),
    "parts in parts": within(MUCH // 60, b"x"),
    "lines deep in parts": within(18, b"\n" * (MUCH // 2)),
    "headers": b"From: a@example.net\n" + b"".join(b"x%d:\n" % at for at in range(MUCH // 9)) + b"\nx",
    "blanks": hostile(b"text/plain", b" " * MUCH),
    "numbers": hostile(b"text/plain", b"1" * MUCH),
}


@pytest.mark.parametrize("kind", SLOW)
def test_R1_reading_takes_no_longer_than_the_length_of_a_message_asks_for(kind):
    began = time.process_time()
    with contextlib.suppress(UnreadableError):
        found = read_message(SLOW[kind])
        why_ignored(found, OWN)
        as_fields(found, [], "nothing")
    assert time.process_time() - began < 5


@pytest.mark.parametrize("raw", [SLOW["parts"], SLOW["parts in parts"], within(25, b"x")])
def test_R1_more_parts_than_a_mail_program_makes_are_too_complicated(raw):
    with pytest.raises(TooComplicatedError):
        read_message(raw)


def test_R1_a_few_parts_within_parts_are_read():
    assert read_message(within(6, b"the tap drips")).text == "the tap drips"


SENT_FROM = "Sent from my phone"
COMPLAINT = "三天没有网络了，请派人来修。" * 3


def multipart(kind, *said):
    """A message of parts: (kind of text, text), or a message of parts again."""
    made = EmailMessage()
    made["From"], made["Subject"] = "zhou@example.net", "x"
    made.set_type(f"multipart/{kind}")
    for one in said:
        part = EmailMessage()
        part.set_content(one[1], subtype=one[0])
        made.attach(part)
    return made.as_bytes()


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (multipart("mixed", ("html", f"<p>{COMPLAINT}</p>"), ("plain", SENT_FROM)), f"{COMPLAINT}\n\n{SENT_FROM}"),
        (multipart("mixed", ("plain", COMPLAINT), ("html", f"<p>{SENT_FROM}</p>")), f"{COMPLAINT}\n\n{SENT_FROM}"),
        (multipart("alternative", ("plain", "请看网页版"), ("html", f"<p>{COMPLAINT}</p>")), COMPLAINT),
        (multipart("alternative", ("plain", "No HTML shown"), ("html", "<p>断网了</p>")), "断网了"),
        (multipart("alternative", ("plain", ""), ("html", "<p>断网了</p>")), "断网了"),
        (multipart("alternative", ("plain", COMPLAINT), ("html", f"<b>{COMPLAINT}</b> logo")), COMPLAINT),
        (multipart("alternative", ("html", f"<b>{COMPLAINT}</b>"), ("plain", COMPLAINT)), COMPLAINT),
    ],
)
def test_R1_nothing_that_the_customer_wrote_is_left_out_and_nothing_said_twice(raw, text):
    assert read_message(raw).text == text


def test_R1_a_text_too_long_to_be_read_is_cut_between_characters_and_its_rest_kept():
    found = read_message(hostile(b"text/plain; charset=gb18030", ("x" + "长" * LONGEST_TEXT_PART).encode("gb18030")))
    assert found.text == "x" + "长" * (LONGEST_TEXT_PART - 1)
    assert found.rest == "长"
    page = hostile(b"text/html; charset=utf-8", b"<p>short</p>" + b" " * LONGEST_TEXT_PART + b"<p>the end</p>")
    assert read_message(page).rest.endswith("<p>the end</p>")
    assert as_fields(read_message(page), [], "").cut, "it is said so, and all of it comes as a file"


QUOTED = [
    "谢谢。\n\n在 2026年11月22日 10:00，客服 <desk@example.com> 写道：\n> 您好",
    '谢谢。\n\n------------------ 原始邮件 ------------------\n发件人: "客服"\n正文',
    "谢谢。\n\n发件人: 客服\n发送时间: 2026年11月22日\n收件人: 周\n正文",
    "谢谢。\n\n-----Original Message-----\nFrom: desk\nhello",
    "谢谢。\n\nOn Sun, 22 Nov 2026 at 10:00, Desk <desk@example.com> wrote:\n> hello",
    "谢谢。\n> hello\n> again",
    "> hello\n谢谢。",
]


@pytest.mark.parametrize("text", QUOTED)
def test_R1_what_is_repeated_is_taken_off(text):
    assert own_words(text) == "谢谢。"


@pytest.mark.parametrize("text", ["> 只有引文", "From: 一家不回信的店", "发件人：是我自己写在正文里的"])
def test_R1_where_nothing_would_be_left_everything_stays(text):
    assert own_words(text) == text


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("请打 13800138000 找我", "13800138000"),
        ("手机：138 0013 8000。", "138 0013 8000"),
        ("座机 010-12345678", "010-12345678"),
        ("call me: +44 20 7946 0000 please", "+44 20 7946 0000"),
        ("订单号 20261123138001380001", ""),
        ("金额 13800.50", ""),
    ],
)
def test_R1_a_phone_number_in_the_text_is_suggested(text, phone):
    assert phone_in(text) == phone


def parts(*files, text="见附件"):
    made = EmailMessage()
    made["From"], made["Subject"] = "zhou@example.net", "附件"
    made.set_content(text)
    for name, content in files:
        made.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return made.as_bytes()


def test_R1_files_keep_their_names_and_bytes_and_an_attached_message_stays_whole():
    inner = EmailMessage()
    inner["From"], inner["Subject"] = "shop@example.org", "inner"
    inner.set_content("the shop's answer")
    whole = EmailMessage()
    whole["From"], whole["Subject"] = "zhou@example.net", "附件"
    whole.set_content("见附件")
    whole.add_attachment(b"\x89PNG\r\n\x1a\n1", maintype="image", subtype="png", filename="照片 一.png")
    whole.add_attachment(inner)
    found = read_message(whole.as_bytes())
    assert found.text == "见附件"
    assert [one.name for one in found.files] == ["照片 一.png", "message.eml"]
    assert found.files[0].content == b"\x89PNG\r\n\x1a\n1"
    assert b"the shop's answer" in found.files[1].content


STRANGE = [
    (b"filename*=utf-7''+2AA-.pdf", "\ufffd.pdf"),
    (b"filename*=utf-7''+2D3eAA-.pdf", "\U0001f600.pdf"),
    (b"filename*=unicode-escape''%5Cudc80%5Cud800.pdf", "\ufffd\ufffd.pdf"),
    (b"filename*0*=utf-7''+2A; filename*1*=A-.pdf", "\ufffd.pdf"),
    (b'filename="=?utf-7?q?+2AA-?=.pdf"', "\ufffd.pdf"),
]


@pytest.mark.parametrize(("said", "name"), STRANGE)
def test_R1_a_file_with_a_strange_name_comes_in_under_what_can_be_read_of_it(said, name):
    head = b"From: zhou@example.net\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\ntext\n--b\n"
    file = b"Content-Type: application/pdf\nContent-Disposition: attachment; " + said + b"\n\n%PDF\n--b--\n"
    found = read_message(head + file)
    assert (found.text, [(one.name, one.content) for one in found.files]) == ("text", [(name, b"%PDF")])


HALF = b"=?utf-7?q?+2AA-?="


def test_R1_half_a_character_in_headers_and_text_spoils_nothing_else():
    raw = raw_mail(HALF + b" tap", b"It +2AA- drips.", "text/plain; charset=utf-7; x*=utf-7''+2AA-")
    raw = b"References: <a\xff@x.example> " + HALF + b"\nMessage-ID: <" + HALF + b"@x>\n" + raw
    found = read_message(raw.replace(b"zhou@example.net", HALF + b" <zhou@example.net>", 1))
    assert (found.subject, found.text, found.sender) == ("\ufffd tap", "It \ufffd drips.", "zhou@example.net")
    for one in (found.subject, found.text, found.sender, found.sender_name, found.message_id):
        assert one.encode()


def test_R1_the_same_message_is_known_by_whatever_way_it_comes():
    raw = mail()
    other_way = b"From MAILER Mon Nov 23\nReturn-Path: <zhou@example.net>\nReceived: by x\n" + raw
    digest = read_message(raw).digest
    assert read_message(other_way).digest == digest
    assert read_message(raw.replace(b"\n", b"\r\n")).digest == digest
    assert read_message(mail(text="同一个编号，另一封信")).digest != digest
    assert read_message(raw.replace(b"<one@", b"<two@")).digest != digest


@pytest.mark.parametrize("raw", [b"", b"\n\nno header at all"])
def test_R1_what_is_no_message_is_said_to_be_none(raw):
    with pytest.raises(UnreadableError):
        read_message(raw)


def test_R1_parts_within_parts_without_end_are_no_message():
    depth = 3000
    heads = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (number, number) for number in range(depth)
    )
    with contextlib.suppress(UnreadableError):
        read_message(b"From: a@example.net\n" + heads + b"\nx")


@given(st.binary(max_size=600))
def test_R1_no_bytes_break_the_reader(raw):
    head = b"From: a@example.net\nContent-Type: multipart/mixed; boundary=b\nSubject: "
    for one in (raw, head + raw, head + b"x\n\n--b\n" + raw):
        try:
            found = read_message(one)
        except UnreadableError:
            continue
        assert why_ignored(found, OWN) in (None, *Ignored)
        as_fields(found, ["note"], "nothing")


@pytest.mark.parametrize(
    ("known", "is_open", "what"),
    [
        (True, True, Belongs.ADDED),
        (True, False, Belongs.CLOSED),
        (False, True, Belongs.STRANGER),
        (False, False, Belongs.STRANGER),
    ],
)
def test_R1_only_its_own_customer_adds_to_an_open_complaint(known, is_open, what):
    assert belongs(known=known, is_open=is_open) is what


def test_R1_numbers_and_our_own_messages_are_found_where_they_are_named():
    assert numbers_in("Re: 您的投诉已受理（TS20261123-0001）") == ("TS20261123-0001",)
    assert numbers_in("ts20261123-0001. again") == ("TS20261123-0001",)
    assert numbers_in("没有编号") == ()
    domains = frozenset({"example.com"})
    assert ours(["message-7.20261123020000@example.com"], domains) == ((7, "20261123020000"),)
    assert ours(["message-7.20261123020000@example.org", "message-x@example.com"], domains) == ()


def test_R1_a_draft_starts_with_what_the_message_says():
    found = as_fields(read_message(mail(text="宽带不通，电话 13800138000")), ["一个附件没有收下"], "（空）")
    assert found.fields == {
        "what": "宽带故障\n\n宽带不通，电话 13800138000\n\n※ 一个附件没有收下",
        "customer_name": "周晓",
        "email": "zhou@example.net",
        "preferred_contact": "email",
        "contact_phone": "13800138000",
    }
    assert not found.cut


def test_R1_a_text_without_end_is_cut_to_what_a_record_holds():
    found = read_message(mail(text="长" * 9000))
    assert as_fields(found, ["注"], "").cut
    assert len(as_fields(found, ["注"], "").fields["what"]) == 4000
    assert len(as_addition(found, "来信", ["注"]).fields["text"]) == 4000
