"""Forms of the office's own data: bad values are refused beside their fields, good ones are kept by the services."""

import pytest
import sqlalchemy as sa

from backoffice.models.configuration import Category, Channel, ListEntry
from backoffice.models.history import ReferenceChange
from backoffice.models.office import Department, Office, Role, Staff
from tests.support.filled import SAME_ORIGIN, faults, form_of, send

ADMINISTRATOR = "S030"


@pytest.fixture
def browser(sign_in):
    return sign_in(ADMINISTRATOR)


def the(office, model, code):
    with office.reading() as session:
        return session.scalars(sa.select(model).where(model.code == code)).one()


def log(office):
    with office.reading() as session:
        rows = session.scalars(sa.select(ReferenceChange).order_by(ReferenceChange.id))
        return [(row.subject, row.action, row.changes) for row in rows]


def test_a_department_is_added_shown_and_logged(browser, office):
    answer = send(
        browser,
        "/settings/departments/new/",
        code="masts",
        name_zh="铁塔组",
        name_en="Masts",
        kind="technical",
        receives_orders="y",
    )
    assert answer.status_code == 303
    row = the(office, Department, "masts")
    assert (row.name_en, row.kind, row.receives_orders) == ("Masts", "technical", True)
    page = browser.get("/settings/departments/").text
    assert "铁塔组" in page
    assert log(office)[0][:2] == ("department", "create")


def test_bad_values_stand_beside_their_fields_and_nothing_is_kept(browser, office):
    answer = send(
        browser,
        "/settings/departments/new/",
        code="Not A Code",
        name_zh="",
        name_en="x" * 121,
        parent_id="99999",
        head_id="abc",
        duty_zh="长" * 401,
    )
    assert answer.status_code == 422
    # what cannot be read is told first, the rest once it can
    assert set(faults(answer.text)) == {"parent_id", "head_id"}
    answer = send(
        browser, "/settings/departments/new/", code="Not A Code", name_zh="", name_en="x" * 121, duty_zh="长" * 401
    )
    assert answer.status_code == 422
    assert set(faults(answer.text)) == {"code", "name_zh", "name_en", "duty_zh"}
    assert "Not A Code" in answer.text  # what was typed stays
    assert log(office) == []


def test_a_code_cannot_be_changed_by_posting_one(browser, office):
    row = the(office, Department, "network")
    assert 'name="code"' not in browser.get(f"/settings/departments/edit/?id={row.id}").text
    answer = send(browser, f"/settings/departments/edit/?id={row.id}", code="other", name_en="Networks")
    assert answer.status_code == 303
    assert the(office, Department, "network").name_en == "Networks"


def test_a_form_without_its_token_changes_nothing(browser, office):
    row = the(office, Department, "network")
    address = f"/settings/departments/edit/?id={row.id}"
    fields = form_of(browser.get(address).text)
    fields.pop("csrf_token")
    fields["name_en"] = ["Stolen"]
    assert browser.post(address, data=fields, headers=SAME_ORIGIN).status_code == 400
    assert the(office, Department, "network").name_en == row.name_en


def test_saving_a_form_as_it_is_changes_and_logs_nothing(browser, office):
    pages = [
        ("departments", Department, "network"),
        ("channels", Channel, "hotline"),
        ("categories", Category, "net_call_drop"),
        ("categories", Category, "net_coverage"),
        ("categories", Category, "network"),
        ("staff", Staff, "S013"),
        ("roles", Role, "handler"),
    ]
    for screen, model, code in pages:
        row = the(office, model, code)
        answer = send(browser, f"/settings/{screen}/edit/?id={row.id}")
        assert answer.status_code == 303, (screen, code, faults(answer.text))
    for screen in ("list_entries/?list=causes", "list_entries/?list=dispatch_elements", "list_entries/?list=routes"):
        name = screen.partition("list=")[2]
        with office.reading() as session:
            entry = session.scalars(sa.select(ListEntry).where(ListEntry.list == name)).first()
        assert send(browser, f"/settings/list_entries/edit/?id={entry.id}").status_code == 303, name
    assert send(browser, "/settings/calendars/edit/?id=1").status_code == 303
    assert send(browser, "/settings/office/").status_code == 303
    assert log(office) == []


def test_what_hangs_on_a_department_is_told_before_anybody_tries_to_retire_it(browser, office):
    row = the(office, Department, "front_desk")
    address = f"/settings/departments/retire/?id={row.id}"
    page = browser.get(address)
    assert page.status_code == 200
    assert 'id="problems"' in page.text
    answer = send(browser, address, reason="merged")
    assert answer.status_code == 422
    assert the(office, Department, "front_desk").retired_at is None


def test_retiring_and_restoring_ask_for_a_reason_and_keep_it(browser, office):
    row = the(office, Channel, "letter")
    answer = send(browser, f"/settings/channels/retire/?id={row.id}", reason=" ")
    assert (answer.status_code, set(faults(answer.text))) == (422, {"reason"})
    assert send(browser, f"/settings/channels/retire/?id={row.id}", reason="no letters").status_code == 303
    assert the(office, Channel, "letter").retired_at is not None
    assert browser.get(f"/settings/channels/retire/?id={row.id}").status_code == 409
    assert send(browser, f"/settings/channels/restore/?id={row.id}", reason="letters").status_code == 303
    assert the(office, Channel, "letter").retired_at is None


def test_R3_a_leaf_is_changed_with_its_elements_and_symptoms(browser, office):
    row = the(office, Category, "net_call_drop")
    answer = send(
        browser,
        f"/settings/categories/edit/?id={row.id}",
        required_elements=["customer_number", "contact_phone", "customer_demand", "pre_check_result", "photo"],
        symptoms="drop | 通话中断 | Call drops\n\necho ｜ 回音 ｜ Echo\n",
    )
    assert answer.status_code == 303
    assert answer.location.endswith(f"#category-{row.id}")
    changed = the(office, Category, "net_call_drop")
    assert changed.required_elements[-1] == "photo"
    assert [symptom["code"] for symptom in changed.symptoms] == ["drop", "echo"]


def test_R10_a_leaf_without_its_base_elements_or_with_a_broken_symptom_is_refused(browser, office):
    row = the(office, Category, "net_call_drop")
    address = f"/settings/categories/edit/?id={row.id}"
    answer = send(browser, address, required_elements=["photo"])
    assert (answer.status_code, set(faults(answer.text))) == (422, {"required_elements"})
    answer = send(browser, address, symptoms="drop, Call drops")
    assert (answer.status_code, set(faults(answer.text))) == (422, {"symptoms"})
    answer = send(browser, address, required_elements=["horoscope"])
    assert (answer.status_code, set(faults(answer.text))) == (422, {"required_elements"})


def test_R3_a_branch_and_a_leaf_are_added_where_they_were_asked_for(browser, office):
    trunk = the(office, Category, "network")
    answer = send(
        browser,
        f"/settings/categories/new/?parent={trunk.id}",
        code="net_satellite",
        name_zh="卫星",
        name_en="Satellite",
    )
    assert answer.status_code == 303
    branch = the(office, Category, "net_satellite")
    answer = send(
        browser,
        f"/settings/categories/new/?parent={branch.id}",
        code="net_satellite_down",
        name_zh="卫星中断",
        name_en="Satellite down",
        route="field_or_network",
    )
    assert answer.status_code == 303, faults(answer.text)
    leaf = the(office, Category, "net_satellite_down")
    assert (leaf.level, leaf.parent_id, len(leaf.required_elements)) == (3, branch.id, 4)
    assert browser.get(f"/settings/categories/new/?parent={leaf.id}").status_code == 404


def test_R18_an_entry_is_added_to_the_list_that_is_open(browser, office):
    answer = send(
        browser,
        "/settings/list_entries/new/?list=dispatch_elements",
        code="network_type",
        name_zh="制式",
        name_en="Network type",
        kind="choice",
        choices="4G\n5G\n",
    )
    assert answer.status_code == 303
    assert answer.location.endswith("list=dispatch_elements")
    entry = the(office, ListEntry, "network_type")
    assert (entry.list, entry.extra["choices"]) == ("dispatch_elements", ["4G", "5G"])
    with office.reading() as session:
        outcome = session.scalars(sa.select(ListEntry).where(ListEntry.list == "outcomes")).first()
    assert browser.get(f"/settings/list_entries/edit/?id={outcome.id}").status_code == 404
    assert browser.get("/settings/list_entries/?list=outcomes").status_code == 404


def test_the_office_changes_its_name_and_every_page_says_so(browser, office):
    answer = send(browser, "/settings/office/", name_zh="江州电信", time_zone="Mars/Olympus")
    assert (answer.status_code, set(faults(answer.text))) == (422, {"time_zone"})
    assert send(browser, "/settings/office/", name_zh="江州电信").status_code == 303
    with office.reading() as session:
        assert session.scalars(sa.select(Office.name_zh)).one() == "江州电信"


def test_the_log_beside_a_form_names_who_when_old_and_new(browser, office):
    row = the(office, Department, "network")
    send(browser, f"/settings/departments/edit/?id={row.id}", name_zh="网络运维部")
    page = browser.get(f"/settings/departments/edit/?id={row.id}").text
    aside = page[page.index('id="log"') :]
    for said in ("邵予川", "网络运维部", row.name_zh, "2026-11-23T10:00"):
        assert said in aside
    assert "网络运维部" in browser.get("/settings/changes/?filter=0:department&flt1_1=S030").text
    assert "网络运维部" not in browser.get("/settings/changes/?filter=0:channel").text
    whole = browser.get("/settings/changes/").text
    assert "网络运维部" in whole
    assert row.name_zh in whole


@pytest.mark.parametrize(
    "screen", ["departments", "channels", "categories", "staff", "roles", "list_entries", "calendars"]
)
def test_a_row_that_is_not_there_or_a_key_that_is_none_is_404(browser, screen):
    for key in ("", "?id=", "?id=abc", "?id=1,2", "?id=-1", "?id=99999", "?id=" + "9" * 40, "?id=%00"):
        answer = browser.get(f"/settings/{screen}/edit/{key}")
        assert answer.status_code in (400, 404), key


@pytest.mark.parametrize("screen", ["channels", "staff", "roles", "changes", "processes", "message_templates"])
@pytest.mark.parametrize(
    "query",
    ["sort=999", "sort=-1&desc=7", "page=-3", "page=" + "9" * 40, "search=" + "x" * 5000, "flt9_9=x", "filter=9:9"],
)
def test_a_list_answers_whatever_is_asked_of_it(browser, screen, query):
    assert browser.get(f"/settings/{screen}/?{query}").status_code == 200


def test_what_a_name_holds_is_shown_as_text_and_never_as_markup(browser, office):
    evil = '<script>alert(1)</script>"&'
    row = the(office, Department, "network")
    assert send(browser, f"/settings/departments/edit/?id={row.id}", name_zh=evil).status_code == 303
    for address in ("/settings/departments/", f"/settings/departments/edit/?id={row.id}", "/settings/changes/",
                    "/settings/staff/", "/settings/categories/?trunk=all", "/settings/channels/new/"):  # fmt: skip
        page = browser.get(address).text
        assert "<script>alert" not in page, address
    assert "&lt;script&gt;alert" in browser.get("/settings/departments/").text
