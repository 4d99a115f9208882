"""The set-up of a new office: asked for at the first administrator's first sign-in, once."""

import pytest
import sqlalchemy as sa

from backoffice.models.configuration import Category, SlaPolicy
from backoffice.models.office import Office, Staff
from backoffice.services.set_up import first_administrator
from tests.support.databases import migrated
from tests.support.filled import faults, send
from tests.support.forms import post
from views.app import create_app


@pytest.fixture
def new_office(templates, tmp_path, clock):
    with templates.copy("sqlite", migrated, tmp_path) as database:
        with database.writing() as session:
            first_administrator(session, clock.now())
            session.scalars(sa.select(Staff)).one().must_change_password = False
        yield database


@pytest.fixture
def browser(new_office, tmp_path, clock):
    app = create_app(
        {"DATA_DIR": str(tmp_path / "desk"), "DATABASE_URL": new_office.url, "CLOCK": clock, "TESTING": True}
    )
    app.config["PROPAGATE_EXCEPTIONS"] = False
    client = app.test_client()
    at = int(clock.now().timestamp())
    with new_office.reading() as session:
        staff = session.scalars(sa.select(Staff)).one()
    with client.session_transaction() as cookie:
        cookie["staff"] = {"id": staff.id, "epoch": staff.session_epoch, "began": at, "seen": at, "keep": False}
    yield client
    app.extensions["desk"].database.dispose()


def count(database, model):
    with database.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(model))


def test_the_first_administrator_comes_to_the_set_up_from_every_page(browser):
    for address in ("/", "/settings/", "/settings/departments/"):
        answer = browser.get(address)
        assert (answer.status_code, answer.location) == (303, "/set-up"), address
    page = browser.get("/set-up")
    assert page.status_code == 200
    for said in ("time_zone", "language", "configuration", "不含示例人员"):
        assert said in page.text


def test_the_default_configuration_is_taken_but_no_sample_staff(browser, new_office):
    answer = send(browser, "/set-up", name_zh="江州电信", time_zone="Asia/Shanghai", language="zh_Hans")
    assert answer.status_code == 303
    assert count(new_office, SlaPolicy) == 1
    assert count(new_office, Category) > 69
    assert count(new_office, Staff) == 1
    assert "江州电信" in browser.get("/settings/office/").text
    assert browser.get("/settings/").status_code == 200


def test_an_office_may_begin_empty_and_is_told_what_it_lacks(browser, new_office):
    answer = send(browser, "/set-up", name_en="Jiangzhou Telecom", language="en", configuration="empty")
    assert answer.status_code == 303
    assert count(new_office, SlaPolicy) == 0
    page = browser.get("/settings/office/").text
    assert "/settings/office/default/" in page
    # every screen has something to say when it is empty
    for screen in ("departments", "channels", "categories", "list_entries", "processes", "message_templates",
                   "sla_policies", "calendars", "staff", "roles", "changes"):  # fmt: skip
        assert browser.get(f"/settings/{screen}/").status_code == 200, screen
    for address in ("departments/new/", "categories/new/", "channels/new/", "staff/new/", "calendars/year/?year=2027"):
        assert browser.get(f"/settings/{address}").status_code == 200, address


def test_the_default_configuration_may_be_taken_later(browser, new_office):
    send(browser, "/set-up", name_en="Jiangzhou Telecom", language="en", configuration="empty")
    answer = post(browser, "/settings/office/default/", page="/settings/office/")
    assert answer.status_code == 303
    assert count(new_office, SlaPolicy) == 1
    with new_office.reading() as session:
        assert session.scalars(sa.select(Office.name_en)).one() == "Jiangzhou Telecom"


def test_bad_values_stand_beside_their_fields_and_the_office_is_not_set_up(browser, new_office):
    answer = send(browser, "/set-up", name_zh="", name_en="", time_zone="Mars/Olympus", language="zh_Hans")
    assert answer.status_code == 422
    assert set(faults(answer.text)) == {"name_zh", "time_zone"}
    answer = send(browser, "/set-up", name_zh="江州电信", language="tlh")
    assert set(faults(answer.text)) == {"language"}
    with new_office.reading() as session:
        assert session.scalars(sa.select(Office.set_up_at)).one() is None
    assert count(new_office, SlaPolicy) == 0


def test_the_set_up_is_asked_for_once(browser, new_office):
    send(browser, "/set-up", name_zh="江州电信", language="zh_Hans", configuration="empty")
    answer = browser.get("/set-up")
    assert (answer.status_code, answer.location) == (303, "/settings/")


def test_who_does_not_edit_the_configuration_is_not_asked(sign_in):
    assert sign_in("S005").get("/set-up").status_code == 403
