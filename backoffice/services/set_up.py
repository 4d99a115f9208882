"""The first administrator and the set-up of an office: its name, time zone, language, and the default configuration.

``first_administrator`` makes the one account with which an office begins; its password is told once and must be
changed. At the first sign-in ``set_up`` takes what the office says of itself and, if wished, the default configuration;
never the sample staff. Keys are made before, with the data folder (``backoffice.keys.open_keys``).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.configuration import Calendar, SlaPolicy
from backoffice.models.office import Office, Role, Staff
from backoffice.services import staff
from backoffice.services.core import upkeep
from backoffice.services.core.calendar_change import have_moved
from backoffice.services.core.reference import log_change
from backoffice.services.office import load_default_configuration, load_office, load_roles
from policies.access import SYSTEM, Actor
from policies.message import Refusal
from policies.office_facts import OfficeSays, check_office

SUBJECT = "office"
CODE, LOGIN, ROLE = "A001", "admin", "administrator"


def first_administrator(session: Session, at: datetime) -> tuple[str, str] | None:
    """The account with which a new office begins: its login and a password that is shown once and must be changed.

    None when the office has people already. Roles come with it, everything else with the set-up.
    """
    if session.scalar(sa.select(Staff.id).limit(1)) is not None:
        return None
    load_office(session)
    load_roles(session)
    role = session.scalars(sa.select(Role).where(Role.code == ROLE)).one()
    # called by the role until the person gives a name
    facts = staff.StaffFacts(LOGIN, role.name_zh, role.name_en)
    made = staff.create(session, SYSTEM, at, CODE, facts, [ROLE])
    if made.password is None:
        raise LookupError("a new account has no password")
    return made.login, made.password


def is_set_up(session: Session) -> bool:
    """Whether the office has said its name; before that, the first administrator is asked for it."""
    return session.scalar(sa.select(Office.set_up_at).order_by(Office.id).limit(1)) is not None


def has_configuration(session: Session) -> bool:
    """Whether complaints could be taken at all: there are clocks, and so the rest of the default configuration."""
    return session.scalar(sa.select(SlaPolicy.id).limit(1)) is not None


def set_up(session: Session, actor: Actor, at: datetime, says: OfficeSays, *, default_configuration: bool) -> Office:
    """Take what the office says of itself, once; with the default configuration, or without it for now."""
    upkeep.begin(session, actor)
    office = load_office(session)
    if office.set_up_at is not None:
        raise DomainError(Refusal("set_up.refused.done"))
    upkeep.ensure(check_office(says))
    values = _columns(says)
    changes = {field: (None, value) for field, value in values.items()}
    for field, value in values.items():
        setattr(office, field, value)
    office.set_up_at = at
    if default_configuration:
        load_default_configuration(session)
    log_change(
        session,
        actor,
        at,
        SUBJECT,
        office.id,
        "set_up",
        {**changes, "default_configuration": (None, default_configuration)},
    )
    upkeep.count_change(session)
    return office


def take_default_configuration(session: Session, actor: Actor, at: datetime) -> None:
    """Take the default configuration later; what the office has made itself stays."""
    upkeep.begin(session, actor)
    load_default_configuration(session)
    office = load_office(session)
    log_change(session, actor, at, SUBJECT, office.id, "change", {"default_configuration": (None, True)})
    upkeep.count_change(session)


def change_office(session: Session, actor: Actor, at: datetime, says: OfficeSays) -> Office:
    """Another name, language, phone or form of numbers; another time zone moves every open clock."""
    upkeep.begin(session, actor)
    office = load_office(session)
    upkeep.ensure(check_office(says))
    zone = office.time_zone
    upkeep.change(session, actor, at, SUBJECT, office, _columns(says))
    if office.time_zone != zone and session.scalar(sa.select(Calendar.id).where(Calendar.for_deadlines)) is not None:
        have_moved(session, actor, at, None)
    return office


def says_of(office: Office) -> OfficeSays:
    """What the office says of itself now."""
    return OfficeSays(
        name_zh=office.name_zh,
        name_en=office.name_en,
        time_zone=office.time_zone,
        language=office.language,
        service_phone=office.service_phone,
        complaint_number_format=office.complaint_number_format,
        order_number_format=office.order_number_format,
        idle_minutes=office.idle_minutes,
    )


def _columns(says: OfficeSays) -> dict[str, Any]:
    name_zh, name_en = says.names
    return {
        "name_zh": name_zh,
        "name_en": name_en,
        "time_zone": says.time_zone.strip(),
        "language": says.language,
        "service_phone": says.service_phone.strip(),
        "complaint_number_format": says.complaint_number_format.strip(),
        "order_number_format": says.order_number_format.strip(),
        "idle_minutes": says.idle_minutes,
    }
