"""R30: pages of corrective actions: lists, one with its course, forms that lose nothing, files, notice, workbook."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from python_calamine import CalamineWorkbook

from backoffice.integrations.files import Upload
from backoffice.models.history import AccessEvent
from backoffice.models.teamwork import CorrectiveAction
from backoffice.services import corrective as service
from policies.corrective_course import CorrectiveAct as A
from tests.support.counting import statements
from tests.support.forms import SAME_ORIGIN, token
from tests.support.grave import PUT_RIGHT
from tests.support.played import Play

MOST_STATEMENTS = 12
SCAN = Upload("签到表.txt", "12 人签到".encode(), "text/plain")


class Desk(Play):
    number_of = ""

    def assigns(self, code="S024", owner="S016", **more):
        values = {**PUT_RIGHT, "source": "audit", "owner": self.staff(owner), "type": "sales_control", **more}
        with self.database.writing() as session:
            self.number_of = service.assign(self.work(session, code), values).number

    def does(self, code, act, uploads=(), **values):
        self.at += timedelta(minutes=30)
        with self.database.writing() as session:
            service.act(self.work(session, code), self.number_of, act, values, uploads=uploads)

    def row(self):
        with self.database.reading() as session:
            return session.scalars(sa.select(CorrectiveAction).order_by(CorrectiveAction.id.desc())).first()


@pytest.fixture
def play(app, office):
    desk = app.extensions["desk"]
    return Desk(office, desk.keys, Path(desk.config["DATA_DIR"]) / "files")


@pytest.fixture
def post(play, clock, sign_in):
    """``post(code, path, **fields)`` sends a form as that person's browser would, with the revision of its page."""

    def posted(code, path, **values):
        clock.at = play.at + timedelta(minutes=5)
        browser = sign_in(code)
        page = browser.get(path)
        revision = re.search(r'name="revision"[^>]*value="(\d+)"', page.text) if page.status_code == 200 else None
        data = {"csrf_token": token(browser, "/account"), "revision": revision[1] if revision else "", **values}
        return browser.post(path, data=data, headers=SAME_ORIGIN)

    return posted


def shows(play, clock, sign_in, code, path):
    clock.at = play.at + timedelta(minutes=1)
    return sign_in(code).get(path)


def test_R30_one_is_assigned_by_the_form_and_what_is_wrong_comes_back_filled_in(play, post, clock, sign_in):
    row = {
        "source": "audit", "type": "training", "title": "复训", "owner": str(play.staff("S016")), "root_cause": "无考试",
        "expected_effect": "人人会", "level": "urgent",
    }  # fmt: skip
    wrong = post("S015", "/corrective-actions/new", **{**row, "root_cause": "", "due_on": "2020-01-01"})
    assert wrong.status_code == 422
    assert 'value="复训"' in wrong.text
    assert "期限已过" in wrong.text
    assert "根本原因" in wrong.text
    made = post("S015", "/corrective-actions/new", **row)
    assert made.status_code == 303
    assert made.location.endswith("/corrective-actions/CA2026-0001")
    assert (play.row().level, play.row().assigned_by_id) == ("urgent", play.staff("S015"))
    assert "复训" in shows(play, clock, sign_in, "S016", "/corrective-actions/CA2026-0001").text
    foreign = post("S015", "/corrective-actions/new", **{**row, "owner": str(play.staff("S013"))})
    assert foreign.status_code == 422


@pytest.mark.parametrize(
    ("odd", "status"),
    [
        ({"due_on": "2026-02-30"}, 422), ({"owner": "9" * 30}, 422), ({"type": "wish"}, 422), ({"source": "x" * 5000}, 422),
        ({"helpers": "77777"}, 303), ({"level": "huge"}, 303), ({"title": "\x00"}, 400), ({"complaint": "%"}, 422),
        ({"title": "x" * 500}, 422),
    ],
)  # fmt: skip
def test_R30_odd_values_end_in_a_sentence(play, post, odd, status):
    row = {
        "source": "audit", "type": "training", "title": "复训", "owner": str(play.staff("S016")), "root_cause": "无考试",
        "expected_effect": "人人会",
    }  # fmt: skip
    assert post("S024", "/corrective-actions/new", **{**row, **odd}).status_code == status


def test_R30_the_page_offers_each_what_is_theirs_with_the_reason_for_what_is_closed(play, clock, sign_in):
    play.assigns()
    path = f"/corrective-actions/{play.number_of}"

    def buttons(code):
        page = shows(play, clock, sign_in, code, path).text
        return set(re.findall(rf'{play.number_of}/([a-z_]+)"', page)) - {"notice"}

    assert buttons("S016") == {"accept", "ask_extension", "set_helpers"}
    assert buttons("S024") == {"set_helpers", "hand_over", "cancel"}
    assert buttons("S015") == set()  # the head looks on
    play.does("S016", A.ACCEPT)
    play.does("S016", A.FINISH, result="复核完成", evidence="清单")
    assert buttons("S022") == {"verify", "reject"}
    assert buttons("S016") == set()
    play.does("S022", A.VERIFY, text="抽 10 件均无")
    page = shows(play, clock, sign_in, "S022", path).text
    assert "效果检查要到" in page
    assert buttons("S022") == {"came_back"}


def test_R30_an_act_by_its_form_loses_nothing_that_was_typed(play, post):
    play.assigns(type="rule_change")
    path = f"/corrective-actions/{play.number_of}"
    assert post("S016", f"{path}/accept", revision="0").status_code == 303
    answer = post("S016", f"{path}/finish", result="条文已修订", evidence="见公告")
    assert answer.status_code == 422
    assert "条文已修订" in answer.text
    assert "须附上文件" in answer.text
    upload = (io.BytesIO(SCAN.content), SCAN.name)
    assert post("S016", f"{path}/finish", result="条文已修订", file=upload).status_code == 303
    assert play.row().status == "done"
    late = post("S016", f"{path}/report", text="写了很久的进展")
    assert (late.status_code, "写了很久的进展" in late.text) == (409, True)
    assert post("S013", f"{path}/report", text="x").status_code == 404
    assert post("S016", f"{path}/dance").status_code == 404


def test_R30_a_form_that_somebody_else_was_quicker_with_is_told_and_can_be_sent_again(play, post):
    play.assigns()
    play.does("S016", A.ACCEPT)
    path = f"/corrective-actions/{play.number_of}/cancel"
    answer = post("S024", path, revision="0", reason="已并入另一项")
    assert answer.status_code == 409
    assert "已被他人更改" in answer.text
    assert "已并入另一项" in answer.text
    assert post("S024", path, reason="已并入另一项").status_code == 303


def test_R30_files_notice_and_workbook_are_handed_out_and_logged(play, post, clock, sign_in, office):
    play.assigns(title="致电 13900004172 复核")
    play.does("S016", A.ACCEPT)
    play.does("S016", A.FINISH, uploads=(SCAN,), result="=完成", evidence="清单")
    page = shows(play, clock, sign_in, "S024", f"/corrective-actions/{play.number_of}").text
    assert "13900004172" not in page
    link = re.search(r'href="(/corrective-actions/[^"]*/files/\d+)"', page)[1]
    file = sign_in("S024").get(link)
    assert (file.data, file.headers["Content-Disposition"].startswith("attachment")) == (SCAN.content, True)
    assert sign_in("S013").get(link).status_code == 404
    book = post("S024", "/corrective-actions/export.xlsx", list="all")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(book.data)).get_sheet_by_index(0).to_python()
    assert rows[0][0] == "编号"
    assert (rows[1][0], rows[1][11]) == (play.number_of, "是")

    assert "13900004172" not in str(rows)
    assert post("S016", "/corrective-actions/export.xlsx").status_code == 403
    with office.reading() as session:
        kinds = list(session.scalars(sa.select(AccessEvent.kind).order_by(AccessEvent.id)))
    assert kinds == ["corrective_file", "export"]


def test_R30_the_list_is_searched_and_asks_little_of_the_database(play, app, clock, sign_in):
    for _ in range(3):
        play.assigns()
    browser = sign_in("S024")
    clock.at = play.at
    with statements(app) as few:
        assert browser.get("/corrective-actions").text.count("work slim") == 1
    for _ in range(12):
        play.assigns()
    with statements(app) as many:
        page = browser.get("/corrective-actions").text
    assert page.count("<li><div class=") == 15
    assert len(many) <= len(few) <= MOST_STATEMENTS
    assert "没有找到" in browser.get("/corrective-actions?q=%25").text
    found = browser.get("/corrective-actions?list=all&q=ca2026-0003").text
    assert "CA2026-0003" in found
    assert "CA2026-0004" not in found
    assert browser.get("/corrective-actions?list=x&before=zz").status_code == 200


def test_R30_the_home_of_the_owner_shows_what_is_to_be_put_right(play, clock, sign_in):
    play.assigns(due_on=date(2026, 11, 24))
    assert "修订断网通报规则" in shows(play, clock, sign_in, "S016", "/work/handling").text
    assert "修订断网通报规则" not in shows(play, clock, sign_in, "S013", "/work/handling").text


def test_R30_the_page_says_what_the_desk_knows_of_whether_it_came_back(play, clock, sign_in):
    play.register()
    play.dispatch()
    play.handle()
    row = {**PUT_RIGHT, "owner": play.staff("S016"), "type": "sales_control"}
    play.act("S003", "open_corrective_action", corrective_action=[row])
    play.number_of = play.row().number
    play.does("S016", A.ACCEPT)
    play.does("S016", A.FINISH, result="完成", evidence="清单")
    page = shows(play, clock, sign_in, "S024", f"/corrective-actions/{play.number_of}").text
    assert "同类投诉中同一原因" in page
    assert "0 件中 0 件" in page
    assert play.number in page


def test_R30_a_head_s_home_counts_what_is_open_and_late_in_the_department_and_leads_to_it(play, clock, sign_in):
    play.assigns(due_on=date(2026, 11, 24))
    play.assigns(due_on=date(2026, 12, 24))
    play.assigns(owner="S013")  # of another department
    play.at += timedelta(days=3)
    page = shows(play, clock, sign_in, "S015", "/work/handling")
    found = dict(re.findall(r'<dd><a href="/corrective-actions\?list=(\w+)">(\d+)</a></dd>', page.text))
    assert found == {"open": "2", "late": "1"}
    for which, count in found.items():
        listed = shows(play, clock, sign_in, "S015", f"/corrective-actions?list={which}").text
        assert listed.count("<li><div class=") == int(count)
    assert "put-right-counts" not in shows(play, clock, sign_in, "S016", "/work/handling").text


def test_R30_who_verifies_finds_what_is_done_and_what_is_to_be_looked_at_on_the_home_page(play, clock, sign_in):
    play.assigns()
    play.does("S016", A.ACCEPT)
    play.does("S016", A.FINISH, result="完成", evidence="清单")
    page = shows(play, clock, sign_in, "S024", "/work/inspection").text
    found = dict(re.findall(r'<dd><a href="/corrective-actions\?list=(\w+)">(\d+)</a></dd>', page))
    assert found == {"open": "1", "late": "0", "to_verify": "1", "effect_due": "0"}
