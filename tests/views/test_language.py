"""Texts, moments and amounts in both languages, and whose language a page speaks."""

import os
import re
import subprocess
import sys
import textwrap
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from backoffice.models.office import Office, Staff
from policies.message import Message, Name
from policies.vocabulary import ComplaintStatus
from tests.support.forms import post
from views import compile_messages, language
from views.filters import Badge, due_badge, named
from views.language import MissingTextError, Texts, lazy, say

SHANGHAI = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 11, 23)
EVENING = datetime(2026, 9, 24, 10, 0, tzinfo=UTC)  # 18:00 in Shanghai, a Thursday


def here():
    return SHANGHAI, TODAY


def shown(value, code):
    return str(language.texts(code).value(value, here))


@pytest.fixture
def request_in(app):
    def in_language(code):
        return app.test_request_context("/", headers={"Cookie": f"language={code}"})

    return in_language


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        (EVENING, "9月24日 周四 18:00", "Thu 24 Sep 18:00"),
        (datetime(2025, 12, 31, 16, 30, tzinfo=UTC), "1月1日 周四 00:30", "Thu 1 Jan 00:30"),
        (datetime(2025, 9, 24, 10, 0, tzinfo=UTC), "2025年9月24日 周三 18:00", "Wed 24 Sep 2025 18:00"),
        (date(2026, 5, 1), "5月1日 周五", "Fri 1 May"),
        (date(2027, 5, 1), "2027年5月1日 周六", "Sat 1 May 2027"),
        (timedelta(hours=3, minutes=12), "3 小时 12 分", "3 h 12 min"),
        (timedelta(days=1, hours=6, minutes=59), "1 天 6 小时", "1 day 6 h"),
        (timedelta(days=2), "2 天", "2 days"),
        (timedelta(seconds=40), "不到 1 分钟", "under 1 min"),
        (-timedelta(minutes=25), "25 分", "25 min"),
        (Decimal("1780.50"), "1,780.50", "1,780.50"),
        (("甲", "乙"), "甲、乙", "甲, 乙"),
        ((date(2026, 5, 1), 3), "5月1日 周五、3", "Fri 1 May, 3"),
        (ComplaintStatus.AWAITING_CALLBACK, "待回访", "Awaiting call-back"),
        (Name("网络维护部", "Network maintenance"), "网络维护部", "Network maintenance"),
        (Name("只有中文", ""), "只有中文", "只有中文"),
        (Message("layout.due.late", {"span": timedelta(minutes=5)}), "超时 5 分", "5 min late"),
    ],
)
def test_a_value_is_written_as_its_reader_expects(value, zh, en):
    assert shown(value, "zh_Hans") == zh
    assert shown(value, "en") == en


def test_a_moment_of_another_time_zone_is_shown_in_the_offices():
    summer = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
    winter = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
    berlin = ZoneInfo("Europe/Berlin")
    english = language.texts("en")
    assert str(english.value(summer, lambda: (berlin, TODAY))) == "Wed 1 Jul 14:00"
    assert str(english.value(winter, lambda: (berlin, TODAY))) == "Tue 1 Dec 13:00"


@pytest.mark.parametrize(("number", "text"), [(1, "1 record"), (0, "0 records"), (2, "2 records")])
def test_english_has_a_form_for_one_and_another_for_all_else(number, text):
    assert language.texts("en").text("layout.list.counted", {"n": number}, here) == text
    assert language.texts("zh_Hans").text("layout.list.counted", {"n": number}, here) == f"共 {number} 条"


def test_an_unknown_key_and_a_missing_value_raise_in_tests():
    with pytest.raises(MissingTextError, match=r"layout\.nowhere"):
        say(Message("layout.nowhere"))
    with pytest.raises(MissingTextError, match=r"layout\.due\.late"):
        say(Message("layout.due.late"))


def test_in_production_an_unknown_key_is_shown_and_logged(app, request_in, caplog):
    app.testing = False
    with request_in("en"):
        assert say(Message("layout.nowhere")) == "layout.nowhere"
    assert [record.desk["text"] for record in caplog.records] == ["layout.nowhere has no text in en"]


def test_an_unknown_language_is_refused():
    with pytest.raises(ValueError, match="no such language"):
        language.texts("fr")


def test_a_lazy_text_is_looked_up_when_it_is_shown_and_is_escaped(app, request_in):
    text = lazy("layout.due.late", span="<b>")
    with request_in("zh_Hans"):
        assert app.jinja_env.from_string("{{ text }}").render(text=text) == "超时 &lt;b&gt;"
    with request_in("en"):
        assert f"{text}" == "<b> late"
        assert text == "<b> late"
        assert "late" in text.upper().lower()


def test_a_name_kept_as_data_falls_back_to_the_other_language(request_in):
    with request_in("en"):
        assert named({"zh": "派单台", "en": ""}) == "派单台"
        assert named({"zh": "派单台", "en": "Dispatch desk"}) == "Dispatch desk"
        assert named(None) == ""


@pytest.mark.parametrize(
    ("arguments", "badge"),
    [
        ({"due": timedelta(hours=-3, minutes=-12)}, Badge("late", "超时 3 小时 12 分")),
        ({"due": timedelta(hours=6)}, Badge("soon", "今日 16:00 到期")),
        ({"due": timedelta(days=1, hours=6)}, Badge("ok", "剩 1 天 6 小时")),
        ({"due": timedelta(days=4), "working_days": 3}, Badge("ok", "剩 3 个工作日")),
        ({"due": timedelta(days=2), "warn": timedelta(hours=-1)}, Badge("soon", "剩 2 天")),
        ({"due": timedelta(hours=1), "stopped": timedelta()}, Badge("done", "按时完成")),
        ({"due": timedelta(hours=-2), "stopped": timedelta(hours=-1)}, Badge("late", "超时 1 小时 完成")),
        ({"due": timedelta(hours=1), "dropped": True}, Badge("off", "未计时")),
        ({"due": None}, Badge("off", "未计时")),
    ],
)
def test_R26_a_badge_says_in_words_what_is_left_of_a_clock(request_in, at, arguments, badge):
    def moment(name):
        return None if arguments.get(name) is None else at + arguments[name]

    with request_in("zh_Hans"):
        found = due_badge(
            moment("due"),
            stopped_at=moment("stopped"),
            warn_at=moment("warn"),
            working_days=arguments.get("working_days"),
            dropped=arguments.get("dropped", False),
        )
    assert found == badge


def test_a_page_speaks_the_offices_language_until_somebody_chooses(client, office):
    assert '<html lang="zh-CN"' in client.get("/sign-in").text
    with office.writing() as session:
        session.execute(sa.update(Office).values(language="en"))
    assert '<html lang="en"' in client.get("/sign-in").text


def test_a_choice_is_remembered_in_the_browser_and_with_the_person(client, sign_in, office):
    answer = post(client, "/preferences", language="en", next="/sign-in?next=/x")
    assert (answer.status_code, answer.location) == (303, "/sign-in?next=/x")
    assert '<html lang="en"' in client.get("/sign-in").text

    clerk = sign_in("S005")
    assert '<html lang="zh-CN"' in clerk.get("/account").text
    post(clerk, "/preferences", page="/account", language="en", theme="dark")
    with office.reading() as session:
        row = session.scalars(sa.select(Staff).where(Staff.code == "S005")).one()
    assert (row.language, row.theme) == ("en", "dark")
    page = sign_in("S005").get("/account").text  # another browser
    assert '<html lang="en" data-theme="dark"' in page


@pytest.mark.parametrize(
    "fields", [{"language": "fr"}, {"language": "../../etc"}, {"theme": "pink"}, {}, {"language": "en", "theme": ""}]
)
def test_only_languages_and_looks_that_there_are_can_be_chosen(client, fields):
    assert post(client, "/preferences", **fields).status_code == 400


@pytest.mark.parametrize(
    "target",
    ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "javascript:alert(1)", "", "/a\r\nX: y",
     "http:/elsewhere.example", "///elsewhere.example", "/" + "a" * 3000],
)  # fmt: skip
def test_going_back_never_leads_to_another_site(client, target):
    assert post(client, "/preferences", language="en", next=target).location == "/"


def test_a_forged_language_cookie_is_not_listened_to(client):
    client.set_cookie("language", "en'; DROP")
    assert '<html lang="zh-CN"' in client.get("/sign-in").text


def test_wtforms_and_flask_admin_speak_the_same_language(app, request_in):
    from flask_admin.babel import gettext
    from wtforms import Form, StringField, validators

    class Asked(Form):
        class Meta:
            locales = False

        name = StringField(validators=[validators.InputRequired()])

    with request_in("zh_Hans"):
        assert gettext("Save") == "保存"
    with request_in("en"):
        assert gettext("Save") == "Save"


# The compiled catalogue


def write_room(folder, name, **texts):
    (folder / "en").mkdir(parents=True, exist_ok=True)
    entries = "".join(f'\nmsgid "{key.replace("__", ".")}"\nmsgstr "{text}"\n' for key, text in texts.items())
    header = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    (folder / "en" / f"{name}.po").write_text(header + entries, encoding="utf-8")


def test_rooms_are_merged_and_a_changed_or_removed_room_is_noticed(tmp_path):
    write_room(tmp_path, "one", one__a="A")
    write_room(tmp_path, "two", two__b="B")
    assert compile_messages.load("en", tmp_path).keys() >= {"one.a", "two.b"}
    write_room(tmp_path, "one", one__a="AA")
    assert compile_messages.load("en", tmp_path)["one.a"] == "AA"
    (tmp_path / "en" / "two.po").unlink()
    assert "two.b" not in compile_messages.load("en", tmp_path)


def test_a_fresh_compiled_catalogue_is_used_and_a_damaged_one_is_made_anew(tmp_path):
    write_room(tmp_path, "one", one__a="A")
    compile_messages.load("en", tmp_path)
    made = tmp_path / "en" / "LC_MESSAGES" / "messages.mo"
    first = made.stat().st_ino
    compile_messages.load("en", tmp_path)
    assert made.stat().st_ino == first
    made.write_bytes(made.read_bytes()[:40])
    assert compile_messages.load("en", tmp_path)["one.a"] == "A"
    assert made.stat().st_ino != first


def test_where_the_project_cannot_be_written_the_data_folder_holds_the_catalogue(tmp_path, monkeypatch):
    rooms, data = tmp_path / "rooms", tmp_path / "data"
    write_room(rooms, "one", one__a="A")
    real = compile_messages._write

    def refuse(place, content):
        if rooms in place.parents:
            raise PermissionError(place)
        real(place, content)

    monkeypatch.setattr(compile_messages, "_write", refuse)
    assert compile_messages.load("en", rooms, data)["one.a"] == "A"
    assert (data / "en.mo").is_file()
    assert compile_messages.load("en", rooms)["one.a"] == "A"  # and without a folder at all: in memory


def test_several_processes_may_compile_at_once(tmp_path):
    write_room(tmp_path, "one", **{f"one__a{number}": "A" * 50 for number in range(300)})
    script = textwrap.dedent(f"""
        from pathlib import Path
        from views import compile_messages
        for _ in range(5):
            for made in Path({str(tmp_path)!r}).rglob("*.mo"):
                made.unlink(missing_ok=True)
            assert len(compile_messages.load("en", Path({str(tmp_path)!r}))) == 301, "texts are missing"
    """)
    project = Path(__file__).resolve().parents[2]
    running = [
        subprocess.Popen([sys.executable, "-c", script], cwd=project, env={**os.environ, "PYTHONPATH": str(project)})
        for _ in range(3)
    ]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    assert list(tmp_path.rglob("*.new")) == []


@pytest.mark.parametrize("code", language.LANGUAGES)
def test_no_key_stands_in_two_rooms(code):
    assert compile_messages.merge(code)[1] == []


@pytest.mark.parametrize("code", language.LANGUAGES)
def test_every_closed_set_that_pages_show_has_its_labels(code):
    from enum import StrEnum

    from policies import access, vocabulary

    known = Texts(code)
    sets = [
        value
        for module in (access, vocabulary)
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, StrEnum) and value is not StrEnum
    ]
    assert len(sets) > 15
    missing = [vocabulary.label_key(one) for group in sets for one in group if vocabulary.label_key(one) not in known]
    assert missing == []


def test_the_glossarys_words_stand_on_the_labels():
    known = Texts("zh_Hans")
    glossary = dict(re.findall(r"^\| (\S+) \| [^|]+ \| `(\w+)` \|", GLOSSARY, re.MULTILINE))
    statuses = {f"label.complaint_status.{code}": word for word, code in glossary.items()}
    assert {key: known.text(key, {}, here) for key in statuses} == statuses


# From the office's glossary, the table of statuses.
GLOSSARY = """
| 草稿 | Draft | `draft` |
| 已登记 | Registered | `registered` |
| 核实中 | Being checked | `checking` |
| 已受理 | Accepted | `accepted` |
| 已派单 | Dispatched | `dispatched` |
| 调查中 | Under investigation | `investigating` |
| 拟方案 | Planning | `planning` |
| 待批示 | Awaiting approval | `awaiting_approval` |
| 实施中 | Being carried out | `executing` |
| 待回访 | Awaiting call-back | `awaiting_callback` |
| 返工中 | In rework | `rework` |
| 已办结 | Closed | `closed` |
| 已归档 | Archived | `archived` |
"""


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("zh_Hans", "2026年9月已锁定，数字不再变动。"),
        ("en", "September 2026 is locked; its figures no longer change."),
    ],
)
def test_a_month_in_a_text_is_written_as_the_language_writes_it(code, said):
    assert language.texts(code).text("appraisal.locked", {"month": "2026-09"}, here) == said
