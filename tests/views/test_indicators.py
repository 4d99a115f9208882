"""R31, R33, R39 on the pages: definitions for all; figures within one's reach; the records behind each, without customers."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from backoffice.models.appraisal import AppraisalPeriod, MonthlyFigure
from backoffice.models.history import AccessEvent
from policies.vocabulary import Outcome
from policies.vocabulary_appraisal import PeriodState
from tests.support.counted import Counted
from tests.support.counting import statements
from tests.support.forms import SAME_ORIGIN, token
from tests.support.taken import rows_of

QUALITY, ANALYST, HR, HEAD, HANDLER, INTAKE, KNOWLEDGE, LEADER = (
    "S024",
    "S023",
    "S025",
    "S012",
    "S013",
    "S005",
    "S007",
    "S001",
)
SEPTEMBER = "month=2026-09"


@pytest.fixture
def past(office, clock):
    """September: two of S013 in time and one late, one left out; one of technical support's S016."""
    clock.at = datetime(2026, 10, 20, 1, 0, tzinfo=UTC)
    with office.writing() as session:
        past = Counted(session)
        rows = [past.whole(), past.whole(), past.whole(missed=("resolve",)), past.whole(outcome=Outcome.WITHDRAWN)]
        past.whole(department_id=past.department("technical_support"), owner_id=past.staff("S016"))
        return {
            "numbers": [row.number for row in rows],
            "staff": {code: past.staff(code) for code in (HANDLER, "S016", INTAKE)},
            "network": past.department("network"),
            "support": past.department("technical_support"),
        }


def test_R31_everybody_reads_every_definition_in_both_languages(past, sign_in):
    page = sign_in(HANDLER).get("/indicators").text
    assert page.count("/indicators/") >= 29
    assert "期间内办结的成立投诉" in page
    client = sign_in(HANDLER)
    client.set_cookie("language", "en")
    assert "Established complaints closed in the period" in client.get("/indicators").text


def test_R31_a_share_stands_with_its_interval_its_number_and_its_parts(past, sign_in):
    page = sign_in(QUALITY).get(f"/indicators/on_time_rate?{SEPTEMBER}").text
    assert "66.6667" in page  # two of three, four decimals
    assert "66.7 %（20.8–93.9 %，n=3）" in page
    assert "样本不足" in page  # fewer than five


def test_R31_the_list_behind_a_figure_holds_its_records_and_what_was_left_out_with_the_reason(past, sign_in):
    client, subject = sign_in(QUALITY), past["staff"][HANDLER]
    address = f"/indicators/on_time_rate?{SEPTEMBER}&subject={subject}"
    whole = client.get(address).text
    assert [number in whole for number in past["numbers"]] == [True, True, True, False]
    missed = client.get(f"{address}&part=missed").text
    assert [number in missed for number in past["numbers"]] == [False, False, True, False]
    left = client.get(f"{address}&part=left_out").text
    assert [number in left for number in past["numbers"]] == [False, False, False, True]
    assert "撤诉" in left
    assert f'href="/complaints/{past["numbers"][0]}"' in whole


def test_R33_everybody_sees_the_own_figures_and_nobody_elses(past, sign_in):
    own, other = past["staff"][HANDLER], past["staff"]["S016"]
    client = sign_in(HANDLER)
    assert client.get(f"/indicators/on_time_rate?{SEPTEMBER}&subject={own}").status_code == 200
    assert client.get(f"/indicators/on_time_rate?{SEPTEMBER}&subject={other}").status_code == 404
    page = client.get(f"/indicators/on_time_rate?{SEPTEMBER}&level=department&subject={past['network']}")
    assert page.status_code == 404
    assert "S016" not in client.get(f"/indicators/on_time_rate?{SEPTEMBER}").text


@pytest.mark.parametrize(
    ("who", "own_department", "other_department", "other_person"),
    [(HEAD, 200, 404, 404), (QUALITY, 200, 200, 200), (ANALYST, 200, 200, 200), (LEADER, 200, 200, 200), (HR, 200, 200, 200),
     (KNOWLEDGE, 200, 200, 404)],
)  # fmt: skip
def test_R39_figures_reach_as_far_as_the_grant(past, sign_in, who, own_department, other_department, other_person):
    client = sign_in(who)

    def status(level, subject):
        return client.get(f"/indicators/on_time_rate?{SEPTEMBER}&level={level}&subject={subject}").status_code

    assert status("department", past["network"]) == own_department
    assert status("department", past["support"]) == other_department
    assert status("person", past["staff"]["S016"]) == other_person


def test_R39_HR_sees_numbers_of_complaints_but_opens_none(past, sign_in):
    page = sign_in(HR).get(f"/indicators/on_time_rate?{SEPTEMBER}&subject={past['staff'][HANDLER]}").text
    assert past["numbers"][0] in page
    assert f"/complaints/{past['numbers'][0]}" not in page


def test_R31_R39_the_list_is_taken_along_as_csv_and_that_is_kept(past, sign_in, office):
    client, subject = sign_in(ANALYST), past["staff"][HANDLER]
    address = f"/indicators/on_time_rate?{SEPTEMBER}&subject={subject}"
    sent = {"month": "2026-09", "level": "person", "subject": subject, "csrf_token": token(client, address)}
    answer = client.post("/indicators/on_time_rate/export.csv", data=sent, headers=SAME_ORIGIN)
    rows = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert [row[0] for row in rows[1:]] == sorted(past["numbers"][:3])
    assert [row[3:5] for row in rows[1:]] == [["1", "1"], ["1", "1"], ["0", "1"]]
    book = rows_of(client.post("/indicators/on_time_rate/export.csv", data={**sent, "as": "xlsx"}, headers=SAME_ORIGIN))
    assert [row[0] for row in book] == [row[0] for row in rows]
    with office.reading() as session:
        newest = session.scalars(sa.select(AccessEvent).order_by(AccessEvent.id.desc()).limit(1)).one()
        facts = json.loads(newest.body)["facts"]
        assert (newest.kind, facts["indicator"], facts["subject"]) == ("export", "on_time_rate", str(subject))


def test_R39_a_head_takes_along_the_own_department_alone_and_a_handler_nothing(past, sign_in):
    def status(who, department):
        client = sign_in(who)
        sent = {
            "month": "2026-09",
            "level": "department",
            "subject": department,
            "csrf_token": token(client, "/indicators"),
        }
        return client.post("/indicators/on_time_rate/export.csv", data=sent, headers=SAME_ORIGIN).status_code

    assert (status(HEAD, past["network"]), status(HEAD, past["support"])) == (200, 404)
    assert status(HANDLER, past["network"]) == 403


@pytest.mark.parametrize(
    "query", ["", "month=x&level=y&subject=z&part=q&page=-1", "month=2026-13", "page=99999999999", "subject=0"]
)
def test_no_odd_address_breaks_the_page(past, sign_in, query):
    assert sign_in(QUALITY).get(f"/indicators/on_time_rate?{query}").status_code in (200, 404)


def test_an_indicator_that_there_is_not_is_not_found(past, sign_in):
    assert sign_in(QUALITY).get("/indicators/nothing").status_code == 404


def test_R31_every_indicator_has_its_page_in_a_bounded_number_of_statements(past, sign_in, app):
    client = sign_in(QUALITY)
    codes = re.findall(r"/indicators/([a-z0-9_]+)\"", client.get("/indicators").text)
    assert len(codes) == 29
    for code in codes:
        with statements(app) as sent:
            assert client.get(f"/indicators/{code}?{SEPTEMBER}").status_code == 200
        assert len(sent) <= 20, (code, len(sent))


# Figures from outside


def enter(client, **more):
    sent = {
        "month": "2026-09", "indicator": "hotline_connection_rate", "department_id": more.pop("of"), "numerator": "1931",
        "denominator": "2000", "note": "", "csrf_token": token(client, "/appraisal/figures"),
    }  # fmt: skip
    return client.post("/appraisal/figures", data=sent | more, headers=SAME_ORIGIN)


def kept(office):
    with office.reading() as session:
        rows = session.scalars(sa.select(MonthlyFigure).order_by(MonthlyFigure.id)).all()
        return [(row.numerator, row.denominator, row.superseded_at is None) for row in rows]


def test_R31_a_figure_is_entered_again_and_the_old_one_stays_to_be_seen(past, sign_in, office):
    client = sign_in(ANALYST)
    assert enter(client, of=past["network"]).status_code == 303
    assert enter(client, of=past["network"]).status_code == 303  # the same again changes nothing
    assert enter(client, of=past["network"], numerator="1 950.00").status_code == 303
    assert kept(office) == [("1931", "2000", False), ("1950", "2000", True)]
    page = client.get("/appraisal/figures?month=2026-09").text
    assert "1931" in page
    assert "已被替换于" in page
    assert "97.5000" in client.get(f"/indicators/hotline_connection_rate?{SEPTEMBER}").text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"numerator": "2001"}, "分子不能大于分母"),
        ({"numerator": "19,5"}, None),
        ({"numerator": "-1"}, "不小于 0"),
        ({"numerator": "19.505"}, "最多两位小数"),
        ({"denominator": "0"}, "分母不能是 0"),
        ({"denominator": "20.5"}, "整数"),
        ({"month": "2026-11"}, "还没有到"),
        ({"month": "September"}, "2026-09"),
        ({"indicator": "on_time_rate"}, None),
        ({"of": 999}, None),
        ({"of": "x"}, None),
    ],
)
def test_R31_what_cannot_be_right_comes_back_as_it_was_typed_with_what_to_do(past, sign_in, office, changed, said):
    answer = enter(sign_in(ANALYST), **({"of": past["network"]} | changed))
    if changed == {"numerator": "19,5"}:  # a separator of thousands
        assert kept(office) == [("195", "2000", True)]
        return
    assert answer.status_code == 422
    assert kept(office) == []
    assert (said or "请选择") in answer.text or "alert-danger" in answer.text
    assert 'value="2000"' in answer.text or "denominator" in changed


def test_R33_a_locked_month_takes_no_figure(past, sign_in, office):
    with office.writing() as session:
        session.add(AppraisalPeriod(month="2026-09", state=PeriodState.LOCKED, runs=1))
    client = sign_in(ANALYST)
    assert enter(client, of=past["network"]).status_code == 409
    assert kept(office) == []
    assert "已锁定" in client.get("/appraisal/figures?month=2026-09").text


def test_R31_only_who_computes_the_sheets_enters_figures(past, sign_in):
    assert [sign_in(who).get("/appraisal/figures").status_code for who in (ANALYST, QUALITY, HEAD, HR, HANDLER)] == [
        200, 200, 403, 403, 403,
    ]  # fmt: skip
