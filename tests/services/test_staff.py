"""R39: accounts and roles: made, changed, reset, retired, never one's own way up, and always with somebody left to manage."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.history import ReferenceChange
from backoffice.models.office import Role, Staff
from backoffice.queries.actor import load_actor
from backoffice.services import role as role_service
from backoffice.services import staff as service
from backoffice.services.role import RoleFacts
from backoffice.services.sign_in import sign_in
from backoffice.services.staff import StaffFacts
from policies.access import Permission, Scope
from tests.support.offices import actor_of, changes_of, said, the
from tests.support.scenes import department, staff

KEYS = Keys.fresh()
FACTS = StaffFacts("xiao.he", "何小禾", "He Xiaohe")
GOOD = "tall ships, small harbours"


@pytest.fixture
def session(office_database):
    with office_database.writing() as opened:
        yield opened


@pytest.fixture
def admin(session):
    return actor_of(session)


def role_of(session, code):
    return session.scalars(sa.select(Role).where(Role.code == code)).one()


def second_administrator(session, admin, at):
    """S032, a handler, becomes an administrator instead."""
    person = staff(session, "S032")
    service.assign_roles(session, admin, at, person.id, ["administrator"])
    return person


def test_R39_a_new_account_gets_a_password_once_that_must_be_changed(office_database, at):
    with office_database.writing() as session:
        given = service.create(session, actor_of(session), at, "S100", FACTS, ["intake_clerk"])
    signed = sign_in(office_database, KEYS, at, "xiao.he", given.password, "192.0.2.7")
    assert signed.must_change_password
    with office_database.reading() as session:
        assert load_actor(session, given.staff_id).scope(Permission.COMPLAINT_REGISTER) is Scope.ALL
        record = " ".join(str(line.changes) for line in changes_of(session, "staff"))
    assert "xiao.he" in record
    assert "intake_clerk" in record
    assert given.password not in record
    assert "argon2" not in record


@pytest.mark.parametrize(
    ("code", "facts", "faults"),
    [
        ("S005", FACTS, [("code", "code_taken")]),
        ("s005", FACTS, [("code", "code_taken")]),
        ("S 100", FACTS, [("code", "code")]),
        ("S100", StaffFacts("Intake", "何", "He"), [("login", "login_taken")]),
        ("S100", StaffFacts("a b", "何", "He"), [("login", "login")]),
        ("S100", StaffFacts("ok", "", ""), [("name_zh", "missing"), ("name_en", "missing")]),
        ("S100", StaffFacts("ok", "何", "He", department_id=10**6), [("department_id", "unknown")]),
        ("S100", StaffFacts("ok", "何", "He", language="fr"), [("language", "unknown")]),
    ],
)
def test_R39_a_faulty_account_is_refused_beside_its_fields(session, admin, at, code, facts, faults):
    with pytest.raises(DomainError) as error:
        service.create(session, admin, at, code, facts)
    assert said(error) == faults


def test_R39_a_login_is_kept_in_small_letters(session, admin, at):
    given = service.create(session, admin, at, "S100", StaffFacts(" Xiao.HE ", "何", "He"))
    assert given.login == "xiao.he"


def test_R39_only_who_manages_users_makes_accounts(session, at):
    for code in ("S001", "S003", "S024", "S029"):
        with pytest.raises(DomainError) as error:
            service.create(session, actor_of(session, code), at, "S100", FACTS)
        assert error.value.status == 403


def test_R39_another_name_and_department_are_logged_with_old_and_new(session, admin, at):
    person = staff(session, "S013")
    billing = department(session, "billing")
    before = person.department_id
    facts = StaffFacts("handler", "严冬青", "Yan Dongqing", billing.id, person.joined, fit_for_post=True)
    service.change(session, admin, at, person.id, facts)
    assert [line.changes for line in changes_of(session, "staff")] == [{"department_id": [before, billing.id]}]
    service.change(session, admin, at, person.id, facts)
    assert len(changes_of(session, "staff")) == 1  # no change, no line


def test_R39_who_heads_a_department_is_not_moved_or_retired_before_another_head_is_named(session, admin, at):
    head = staff(session, "S012")
    facts = StaffFacts("head", "孟柏舟", "Meng Baizhou", department(session, "billing").id)
    for command in (
        lambda: service.change(session, admin, at, head.id, facts),
        lambda: service.retire(session, admin, at, head.id, "left"),
    ):
        with pytest.raises(DomainError) as error:
            command()
        assert said(error) == [(None, "heads_department")]
    department(session, "network").head_id = staff(session, "S013").id
    session.flush()
    assert service.retire(session, admin, at, head.id, "left").retired_at == at


def test_R39_roles_melt_and_are_logged(session, admin, at):
    person = staff(session, "S013")
    service.assign_roles(session, admin, at, person.id, ["handler", "notice_editor"])
    assert load_actor(session, person.id).scope(Permission.NOTICE_PUBLISH) is Scope.ALL
    assert changes_of(session, "staff")[-1].changes == {"roles": [["handler"], ["handler", "notice_editor"]]}
    service.assign_roles(session, admin, at, person.id, [])
    assert dict(load_actor(session, person.id).grants) == {}


def test_R39_nobody_gives_oneself_a_role_that_widens_own_permissions(session, admin, at):
    with pytest.raises(DomainError) as error:
        service.assign_roles(session, admin, at, admin.staff_id, ["administrator", "auditor"])
    assert said(error) == [("roles", "no_widening_of_own_grants")]
    assert error.value.status == 403


def test_R39_who_manages_users_gets_no_role_that_shows_customer_data_in_clear(session, admin, at):
    for role in ("intake_clerk", "handler", "archivist", "senior_manager"):
        with pytest.raises(DomainError) as error:
            service.assign_roles(session, admin, at, staff(session, "S032").id, ["administrator", role])
        assert said(error) == [("roles", "administrator_sees_masked")]


def test_R39_an_unknown_or_retired_role_is_refused(session, admin, at):
    role_of(session, "analyst").retired_at = at
    for role in ("no_such_role", "analyst"):
        with pytest.raises(DomainError) as error:
            service.assign_roles(session, admin, at, staff(session, "S013").id, [role])
        assert said(error) == [("roles", "unknown")]


def test_R39_the_last_administrator_stays_one(session, admin, at):
    with pytest.raises(DomainError) as error:
        service.assign_roles(session, admin, at, admin.staff_id, [])
    assert said(error) == [("roles", "last_administrator")]
    second = second_administrator(session, admin, at)
    service.assign_roles(session, admin, at, admin.staff_id, [])
    with pytest.raises(DomainError) as error:
        service.assign_roles(session, actor_of(session, "S032"), at, second.id, ["handler"])
    assert ("roles", "last_administrator") in said(error)


def test_R39_the_last_administrator_is_not_retired_and_nobody_retires_an_own_account(session, admin, at):
    with pytest.raises(DomainError) as error:
        service.retire(session, admin, at, admin.staff_id, "left")
    assert said(error) == [(None, "own_account")]
    second_administrator(session, admin, at)
    second = actor_of(session, "S032")
    service.retire(session, second, at, admin.staff_id, "left")
    assert actor_of(session, "S032").staff_id == second.staff_id


def test_R39_a_reset_gives_a_password_once_and_ends_all_sessions(office_database, at):
    with office_database.writing() as session:
        person = staff(session, "S013")
        epoch = person.session_epoch
        given = service.reset_password(session, actor_of(session), at, person.id)
        assert person.session_epoch == epoch + 1
    assert sign_in(office_database, KEYS, at, "handler", given.password, "192.0.2.7").must_change_password


def test_R39_nobody_resets_an_own_password_without_knowing_it(session, admin, at):
    with pytest.raises(DomainError) as error:
        service.reset_password(session, admin, at, admin.staff_id)
    assert said(error) == [(None, "own_reset")]


def test_R39_retiring_ends_sessions_keeps_the_row_and_needs_a_reason(session, admin, at):
    person = staff(session, "S013")
    with pytest.raises(DomainError) as error:
        service.retire(session, admin, at, person.id, " ")
    assert said(error) == [("reason", "missing")]
    service.retire(session, admin, at, person.id, "left the office")
    assert (person.retired_at, person.session_epoch) == (at, 1)
    assert load_actor(session, person.id) is None
    line = changes_of(session, "staff")[-1]
    assert (line.action, line.reason, line.actor_id) == ("retire", "left the office", admin.staff_id)
    given = service.restore(session, admin, at, person.id, "came back")
    assert person.retired_at is None
    assert given.password


def test_R39_a_set_password_follows_the_rules_and_the_demonstrations_is_good_there_alone(session, admin, at):
    person = staff(session, "S013")
    service.set_password(session, admin, at, person.id, "demo-office-2026")  # the sample office is a demonstration
    assert not person.must_change_password
    from backoffice.models.office import Office

    session.execute(sa.update(Office).values(demonstration=False))
    for password in ("demo-office-2026", "short", "handler12345"):
        with pytest.raises(DomainError):
            service.set_password(session, admin, at, person.id, password)


def test_R39_who_manages_one_departments_users_reaches_no_others(session, admin, at):
    local = role_service.create(
        session, admin, at, "local_admin", RoleFacts("部门管理员", "Local administrator"), {"user_manage": "department"}
    )
    service.assign_roles(session, admin, at, staff(session, "S021").id, [local.code])
    actor = actor_of(session, "S021")  # of IT support
    service.reset_password(session, actor, at, staff(session, "S032").id)  # the same department
    with pytest.raises(DomainError) as error:
        service.reset_password(session, actor, at, staff(session, "S013").id)
    assert error.value.status == 404
    with pytest.raises(DomainError) as error:
        service.create(session, actor, at, "S100", FACTS)
    assert said(error) == [("department_id", "other_department")]
    with pytest.raises(DomainError) as error:
        role_service.grant(session, actor, at, local.id, {"user_manage": "all"})
    assert error.value.status == 403


# Roles --------------------------------------------------------------------------------------------------------------


def grants_of(role):
    return {grant.permission: grant.scope for grant in role.grants}


def test_R39_a_changed_role_holds_for_all_who_have_it_and_is_logged(session, admin, at):
    role = role_of(session, "handler")
    wanted = {**grants_of(role), "complaint_view": "department"}
    role_service.grant(session, admin, at, role.id, wanted)
    assert load_actor(session, staff(session, "S013").id).scope(Permission.COMPLAINT_VIEW) is Scope.DEPARTMENT
    line = changes_of(session, "role")[-1]
    old, new = line.changes["grants"]
    assert (old["complaint_view"], new["complaint_view"]) == ("own", "department")
    before = session.scalar(sa.select(sa.func.count()).select_from(ReferenceChange))
    role_service.grant(session, admin, at, role.id, wanted)
    assert session.scalar(sa.select(sa.func.count()).select_from(ReferenceChange)) == before


def test_R39_nobody_widens_a_role_that_he_or_she_holds(session, admin, at):
    role = role_of(session, "administrator")
    with pytest.raises(DomainError) as error:
        role_service.grant(session, admin, at, role.id, {**grants_of(role), "complaint_view": "all"})
    assert said(error) == [("roles", "no_widening_of_own_grants")]


def test_R39_a_role_never_joins_the_users_with_customer_data_in_clear(session, admin, at):
    second_administrator(session, admin, at)
    second = actor_of(session, "S032")
    role = role_of(session, "auditor")
    service.assign_roles(session, second, at, admin.staff_id, ["administrator", "auditor"])
    with pytest.raises(DomainError) as error:
        role_service.grant(session, second, at, role.id, {**grants_of(role), "customer_reveal": "all"})
    assert said(error) == [("roles", "administrator_sees_masked")]
    with pytest.raises(DomainError) as error:
        role_service.create(
            session, second, at, "both", RoleFacts("二者", "Both"), {"user_manage": "all", "attachment_open": "own"}
        )
    assert said(error) == [("roles", "administrator_sees_masked")]


def test_R39_a_role_cannot_lose_the_last_administrator(session, admin, at):
    role = role_of(session, "administrator")
    with pytest.raises(DomainError) as error:
        role_service.grant(session, admin, at, role.id, {"configuration_edit": "all"})
    assert said(error) == [("grants", "last_administrator")]


@pytest.mark.parametrize("grants", [{"no_such": "all"}, {"complaint_view": "galaxy"}])
def test_R39_a_grant_outside_the_catalogue_is_refused(session, admin, at, grants):
    with pytest.raises(DomainError) as error:
        role_service.create(session, admin, at, "new_role", RoleFacts("新", "New"), grants)
    assert said(error) == [("grants", "unknown")]


def test_R14_a_role_that_a_process_names_or_somebody_holds_is_not_retired(session, admin, at):
    with pytest.raises(DomainError) as error:
        role_service.retire(session, admin, at, role_of(session, "handler").id, "no longer")
    assert {key for _, key in said(error)} == {"role_held", "role_in_process"}
    with pytest.raises(DomainError) as error:
        role_service.retire(session, admin, at, role_of(session, "analyst").id, "no longer")
    assert {key for _, key in said(error)} == {"role_held"}
    free = role_service.create(session, admin, at, "trainee", RoleFacts("见习", "Trainee"), {"complaint_view": "own"})
    role_service.retire(session, admin, at, free.id, "no longer")
    assert free.retired_at == at
    role_service.restore(session, admin, at, free.id, "again")
    assert free.retired_at is None


def test_R39_an_account_cannot_be_made_twice_at_once(session, admin, at):
    service.create(session, admin, at, "S100", FACTS)
    with pytest.raises(DomainError) as error:
        service.create(session, admin, at, "S101", FACTS)
    assert said(error) == [("login", "login_taken")]
    assert the(session, Staff, "S100").login == "xiao.he"
