"""Who may open the screens of the office's own data, and that the routes which write past the services are not there."""

import pytest

from views import reference

# Written by hand from the rules: configuration_edit, user_manage, audit_view (organisation.yaml).
ADMINISTRATOR, AUDITOR = "S030", "S029"
CONFIGURATION = (
    "/settings/office/",
    "/settings/figures/",
    "/settings/backups/",
    "/settings/status/",
    "/settings/departments/",
    "/settings/departments/new/",
    "/settings/departments/edit/?id=1",
    "/settings/departments/details/?id=1",
    "/settings/departments/retire/?id=1",
    "/settings/channels/",
    "/settings/channels/new/",
    "/settings/channels/edit/?id=1",
    "/settings/channels/retire/?id=1",
    "/settings/categories/",
    "/settings/categories/new/",
    "/settings/categories/new/?parent=1",
    "/settings/categories/edit/?id=1",
    "/settings/categories/retire/?id=1",
    "/settings/list_entries/",
    "/settings/list_entries/?list=routes",
    "/settings/list_entries/new/?list=dispatch_elements",
    "/settings/processes/",
    "/settings/processes/details/?id=1",
    "/settings/message_templates/",
    "/settings/message_templates/details/?id=1",
    "/settings/sla_policies/",
    "/settings/sla_policies/new/?id=1",
    "/settings/sla_policies/retire/?id=1",
    "/settings/calendars/",
    "/settings/calendars/new/",
    "/settings/calendars/edit/?id=1",
    "/settings/calendars/closure/?id=1",
    "/settings/calendars/year/?year=2026",
    "/settings/calendars/day/?year=2026",
    "/settings/calendars/import/",
)
PEOPLE = (
    "/settings/staff/",
    "/settings/staff/new/",
    "/settings/staff/edit/?id=1",
    "/settings/staff/roles/?id=1",
    "/settings/staff/reset/?id=1",
    "/settings/staff/retire/?id=1",
    "/settings/roles/",
    "/settings/roles/new/",
    "/settings/roles/edit/?id=1",
    "/settings/roles/grants/?id=1",
    "/settings/roles/retire/?id=1",
)
TRAIL = ("/settings/changes/",)
# One person of each working view, none of whom manages the office.
OTHERS = ("S005", "S008", "S013", "S012", "S011", "S022", "S024", "S003", "S001", "S025")


def opens(answer):
    return answer.status_code == 200 or (answer.status_code == 303 and "/settings/" in answer.location)


def test_the_administrator_opens_every_screen(sign_in):
    administrator = sign_in(ADMINISTRATOR)
    for address in (*CONFIGURATION, *PEOPLE, *TRAIL):
        assert opens(administrator.get(address)), address


def test_the_auditor_reads_the_trail_and_nothing_else(sign_in):
    auditor = sign_in(AUDITOR)
    for address in (*CONFIGURATION, *PEOPLE):
        assert auditor.get(address).status_code == 403, address
    assert auditor.get("/settings/changes/").status_code == 200


@pytest.mark.parametrize("code", OTHERS)
def test_nobody_else_opens_a_screen_or_writes_to_one(sign_in, code):
    person = sign_in(code)
    for address in (*CONFIGURATION, *PEOPLE, *TRAIL):
        assert person.get(address).status_code == 403, address
        assert person.post(address).status_code in (400, 403, 405), address


def test_nobody_who_is_not_signed_in_gets_further_than_the_door(client):
    for address in (*CONFIGURATION, *PEOPLE, *TRAIL):
        answer = client.get(address)
        assert answer.status_code == 303, address
        assert "/sign-in" in answer.location


HIDDEN = ("delete/", "action/", "export/csv/", "export/xlsx/", "ajax/lookup/?name=head&query=a", "ajax/update/")
HIDDEN_NAMES = ("delete_view", "action_view", "export", "ajax_lookup", "ajax_update")


def test_what_writes_or_carries_off_rows_past_the_services_is_not_there(sign_in):
    administrator = sign_in(ADMINISTRATOR)
    screens = [make().endpoint for make in reference.SCREENS]
    assert len(screens) == 28
    for screen in screens:
        for route in HIDDEN:
            address = f"/settings/{screen}/{route}"
            assert administrator.get(address).status_code == 404, address
            assert administrator.post(address).status_code in (400, 404), address
        known = administrator.application.view_functions
        assert not any(f"{screen}.{name}" in known for name in HIDDEN_NAMES)


def test_a_screen_says_its_permission_to_the_guard(app):
    for make in reference.SCREENS:
        assert make().permissions, make
