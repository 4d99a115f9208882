"""R31: one definition for all uses: of all 29 indicators the figure on the sheet, on the page of indicators, on the
manager's view and in the exported cell is the same, and so is the number of records in the list behind it.

A month in which something of every kind happened is computed by schemes that have every indicator; days later the pages
are read, when more has been observed and more has fallen due.
"""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
import sqlalchemy as sa

from backoffice.models.appraisal import AppraisalInput, AppraisalScheme, AppraisalSheet
from backoffice.models.office import Department, Role, Staff
from backoffice.queries.indicators import (
    COUNTING,
    Part,
    as_counted,
    computed_months,
    counts_for,
    drill,
    every,
    figures,
)
from backoffice.queries.overview import measures
from backoffice.queries.overview.narrow import Narrow
from backoffice.queries.overview.records import Wanted, records
from policies.indicator import Figure
from policies.vocabulary import Outcome, VersionState
from policies.vocabulary_appraisal import SubjectKind
from tests.queries.test_indicators_of_inspections import corrective, entered, training
from tests.services.test_hr_export import tables, taken
from tests.support.appraisal_papers import HR
from tests.support.appraised import MONTH, Month
from tests.support.counted import Counted
from tests.support.forms import SAME_ORIGIN, token
from tests.support.inspected_past import InspectedPast
from tests.support.live import give_passwords
from tests.support.offices import actor_of
from tests.support.told_cases import SHANGHAI, local
from tests.support.worked_records import RECORD, record
from views.app import create_app
from views.overview.pages import COUNTED

PERSON, DEPARTMENT = SubjectKind.PERSON, SubjectKind.DEPARTMENT
COMPUTED = datetime(2026, 10, 3, 2, 0, tzinfo=UTC)
READ = datetime(2026, 10, 21, 2, 0, tzinfo=UTC)
QUALITY, ANALYST = "S024", "S023"
EACH = [(code, level) for code in COUNTING for level in SubjectKind if counts_for(code, level)]


def happened(session) -> None:
    """Something of every kind in September, and some of it not yet observed or due when the month is computed."""
    made, past = Counted(session), InspectedPast(session)
    owners, last = ("S013", "S014", "S016"), None
    for number in range(30):
        last = made.whole(
            received_at=local("2026-09-02T10:00") + timedelta(hours=20 * number),
            outcome=list(Outcome)[number % 8] if number % 5 == 0 else Outcome.RESOLVED,
            owner_id=made.staff(owners[number % 3]),
            department_id=made.department(("network", "technical_support")[number % 2]),
            missed=("resolve", "first_response", "acknowledge", "answer")[: number % 5],
            satisfaction=(5, 4, 3, None)[number % 4],
            round=1 + (number % 7 == 0),
            avoidable_dispatch=(None, True, False)[number % 3],
            previous_id=last.id if last is not None and number % 4 == 1 else None,
            channel_id=made.channel("regulator_referral" if number % 9 == 0 else "hotline"),
            completeness=Decimal("87.3"),
        )
    made.complaint(
        received_at=local("2026-09-29T10:00"), closed_at=local("2026-09-29T10:20"), dispatched=False,
        outcome=Outcome.FIRST_CONTACT_RESOLVED,
    )  # fmt: skip
    for score in ("84.24", "91", "95.5"):
        row = past.inspection(score, {"rec_basic": 100, "rec_class": 50}, subject="S013")
        past.inspection("90", {"rec_basic": 100, "rec_class": 100}, inspector="S023", pair_of=row)
        past.inspection(score, of="front_desk", subject="S005", card="call_quality_card")
    record(past, "S005", "front_desk", RECORD)
    corrective(session, 1)
    training(session, date(2026, 9, 20))
    entered(session, "hotline_connection_rate", "1931", "2000")
    entered(session, "hotline_answer_seconds", "20123.25", "1931")


def appraised_by_everything(session) -> None:
    """In place of the office's schemes one for all persons and one for all departments, with every indicator."""
    session.execute(sa.update(AppraisalScheme).values(retired_at=COMPUTED - timedelta(days=90)))
    whom = {PERSON: ("roles", Role), DEPARTMENT: ("departments", Department)}
    for level, (name, model) in whom.items():
        items = [
            {"indicator": code, "weight": 1, "target": 0, "scoring": {"kind": "minus_per_point", "per_point": 1}}
            for code in COUNTING
            if counts_for(code, level)
        ]
        definition = {
            "code": f"every_{level.value}", "version": 1, "name": {"zh": "全部", "en": "All"}, "subject": level.value,
            name: list(session.scalars(sa.select(model.code))), "items": items, "maximum_score": 100,
        }  # fmt: skip
        session.add(
            AppraisalScheme(
                code=definition["code"], version=1, name_zh="全部", name_en="All", subject=level,
                valid_from=date(2026, 1, 1), state=VersionState.EFFECTIVE, definition=definition,
            )
        )  # fmt: skip


@pytest.fixture
def september(office_database, tmp_path, clock):
    clock.at = COMPUTED
    with office_database.writing() as session:
        happened(session)
        appraised_by_everything(session)
    give_passwords(office_database)
    config = {"DATA_DIR": str(tmp_path / "desk"), "DATABASE_URL": office_database.url, "CLOCK": clock, "TESTING": True}
    app = create_app(config)
    month = Month(office_database, app.extensions["desk"].keys, tmp_path, clock=clock)
    month.compute()
    clock.at = READ
    month.app = app
    yield month
    app.extensions["desk"].database.dispose()


def browser_of(month, code):
    with month.database.reading() as session:
        staff = session.scalars(sa.select(Staff).where(Staff.code == code)).one()
        cookie_of = {"id": staff.id, "epoch": staff.session_epoch}
    at = int(month.clock.now().timestamp())
    browser = month.app.test_client()
    with browser.session_transaction() as cookie:
        cookie["staff"] = {**cookie_of, "began": at, "seen": at, "keep": False}
    return browser


Triple = tuple[Fraction, Fraction, int]


def triple(figure: Figure) -> Triple:
    return figure.numerator, figure.denominator, figure.sample


def on_sheets(session, level) -> dict[tuple[str, int], tuple[Triple, int]]:
    """(indicator, subject) → the figure on the sheet, and how many records its kept list has."""
    counts = {
        (row.sheet_id, row.indicator): row.count
        for row in session.execute(sa.select(AppraisalInput.sheet_id, AppraisalInput.indicator, AppraisalInput.count))
    }
    found = {}
    for sheet in session.scalars(sa.select(AppraisalSheet).where(AppraisalSheet.subject == level)):
        for line in sheet.lines:
            figure = (Fraction(line.numerator), Fraction(line.denominator), line.sample)
            subject = sheet.staff_id if level is PERSON else sheet.department_id
            found[line.indicator, subject] = (figure, counts.get((sheet.id, line.indicator), 0))
    return found


LINE = re.compile(
    r'subject=(\d+)#behind">.*?data-label="分子">([\d.]+)</td>.*?data-label="分母">([\d.]+)</td>.*?<td class="num"[^>]*>(\d+)',
    re.DOTALL,
)


def on_the_page(browser, code, level) -> dict[int, Triple]:
    answer = browser.get(f"/indicators/{code}?month={MONTH}&level={level.value}")
    assert answer.status_code == 200, (answer.status_code, answer.headers.get("Location"))
    page = answer.text
    table = page[page.index('id="figures"') : page.index('id="definition"')].replace("&amp;", "&")
    rows = [row for row in table.split("<tr") if "#behind" in row]
    found = [LINE.search(row) for row in rows]
    assert all(found), (code, rows[:1])
    return {int(one[1]): (Fraction(one[2]), Fraction(one[3]), int(one[4])) for one in found}


def exported(browser, code, level, subject) -> list[list[str]]:
    """The list behind a figure as it is taken along."""
    sent = {"month": MONTH, "level": level.value, "subject": subject, "csrf_token": token(browser, "/indicators")}
    answer = browser.post(f"/indicators/{code}/export.csv", data=sent, headers=SAME_ORIGIN)
    assert answer.status_code == 200, (code, answer.status_code)
    return list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))[1:]


def test_R31_figure_of_sheet_page_view_and_cell_and_the_list_behind_it_agree_for_all_29_indicators(september):
    database, browser, analyst = september.database, browser_of(september, QUALITY), browser_of(september, ANALYST)
    cells = tables(taken(september))["lines"]
    with database.reading() as session:
        codes = {
            PERSON: dict(session.execute(sa.select(Staff.code, Staff.id)).all()),
            DEPARTMENT: dict(session.execute(sa.select(Department.code, Department.id)).all()),
        }
        window = as_counted(MONTH, SHANGHAI, READ, computed_months(session))
        manager = actor_of(session, QUALITY)
        on_sheet = {level: on_sheets(session, level) for level in SubjectKind}
        counted_something = set()
        for code, level in EACH:
            mine = {subject: one for (indicator, subject), one in on_sheet[level].items() if indicator == code}
            assert mine, (code, level)
            found = figures(session, code, window, level, mine)
            nothing = (Fraction(0), Fraction(0), 0)
            assert {key: one[0] for key, one in mine.items()} == {
                key: triple(found[key]) if key in found else nothing for key in mine
            }, code
            # the exported cell
            names = {name: key for name, key in codes[level].items() if key in mine}
            of_level = [row for row in cells if row["indicator_code"] == code and row["subject_code"] in names]
            in_cells = {
                names[row["subject_code"]]: (
                    Fraction(str(row["numerator"])), Fraction(str(row["denominator"])), int(row["sample"]),
                )
                for row in of_level
            }  # fmt: skip
            # who takes the export does not find the own sheet in it before it is published (R33)
            own = codes[PERSON][HR] if level is PERSON else None
            assert in_cells == {key: one[0] for key, one in mine.items() if key != own}, code
            # the page of the indicator: whoever has a figure
            page = on_the_page(browser, code, level)
            assert {key: page[key] for key in found if key in page} == {
                key: mine[key][0] for key in found if key in page
            }, code
            assert set(page) >= {key for key in found if found[key].sample}, code
            # the list behind it
            for key, (figure, count) in mine.items():
                listed = drill(session, code, window, level, key)
                assert listed.count == count, (code, key)
                counted_something |= {(code, level)} if count else set()
                if code != "regulator_appeal_count":
                    rows = list(every(session, code, window, level, key))
                    assert sum(row.numerator for row in rows) == figure[0]
                    assert sum(row.denominator for row in rows) == figure[1]
            most = max(mine, key=lambda key: mine[key][1])
            if mine[most][1]:
                assert len(exported(analyst, code, level, most)) == mine[most][1], code
            # the manager's view
            if level is DEPARTMENT:
                of_all = measures.by_department(session, code, [window], Narrow())[0]
                assert {key: one.numerator for key, one in of_all.items() if key in mine} == {
                    key: mine[key][0][0] for key in of_all if key in mine
                }
                if code in COUNTED and mine[most][1]:
                    wanted = Wanted(code, window, Narrow(department_id=most), Part.DENOMINATOR)
                    assert records(session, manager, wanted).count == mine[most][1], code
        assert counted_something == set(EACH), set(EACH) - counted_something
