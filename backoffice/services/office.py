"""Take the default office into the tables (one way in): configuration for every office, sample staff for the
demonstration only.

Loading twice changes nothing: rows are recognised by their codes and left as the office has made them since.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.configuration import (
    Calendar,
    CalendarDay,
    Category,
    Channel,
    ConfigurationDocument,
    ListEntry,
    MessageTemplate,
    ProcessVersion,
    Setting,
    SlaPolicy,
)
from backoffice.models.office import Department, Office, Role, RoleGrant, Staff
from backoffice.office import document
from backoffice.services.core.appraisal_defaults import load_appraisal
from backoffice.services.core.inspection_defaults import load_sampling_plans, load_scorecards
from backoffice.services.core.process_saving import save_process
from backoffice.services.core.script_defaults import load_scripts
from backoffice.services.core.templates import template_of
from backoffice.services.core.training_defaults import load_training

DOCUMENTS = ("scripts", "scorecards", "sampling", "appraisal", "training", "corrective_actions", "report", "dossier")
PROCESS_LISTS = ("causes", "evidence_types", "fields", "actions", "faults", "outcomes", "statuses")
DEMO_LOGINS = {
    "intake": "S005",
    "dispatcher": "S008",
    "handler": "S013",
    "head": "S012",
    "callback": "S011",
    "inspector": "S022",
    "quality": "S024",
    "manager": "S003",
    "executive": "S001",
    "hr": "S025",
    "auditor": "S029",
    "admin": "S030",
}


def load_office(session: Session, *, demonstration: bool = False) -> Office:
    """The one row of the office, with the default's name and formats until the set-up gives its own."""
    office = session.scalars(sa.select(Office)).first()
    if office is None:
        default = document("organisation")["office"]
        office = Office(
            code=default["code"],
            name_zh=default["name"]["zh"],
            name_en=default["name"]["en"],
            time_zone=default["time_zone"],
            currency=default["currency"],
            service_phone=default["service_phone"],
            complaint_number_format=default["complaint_number_format"],
            order_number_format=default["order_number_format"],
            demonstration=demonstration,
        )
        session.add(office)
        session.flush()
    return office


def load_default_configuration(session: Session) -> None:
    """Departments, roles, channels, categories, lists, processes, clocks, calendars, texts; never the sample staff."""
    load_roles(session)
    departments = _load_departments(session)
    _load_channels(session, departments)
    _load_lists(session)
    _load_categories(session, departments)
    _load_processes(session)
    _load_clocks(session)
    _load_calendars(session)
    _load_templates(session)
    _load_documents(session)
    load_scorecards(session)
    load_sampling_plans(session)
    load_appraisal(session)
    load_training(session)
    load_scripts(session)
    session.flush()


def load_default_office(session: Session, at: datetime) -> None:
    """Everything of the demonstration: office, configuration and the 35 sample staff."""
    office = load_office(session, demonstration=True)
    load_default_configuration(session)
    load_sample_staff(session)
    office.set_up_at = at


def load_roles(session: Session) -> None:
    """The twenty roles with their grants."""
    known = set(session.scalars(sa.select(Role.code)))
    for row in document("organisation")["roles"]:
        if row["code"] in known:
            continue
        grants = [RoleGrant(permission=grant["permission"], scope=grant["scope"]) for grant in row["grants"]]
        session.add(
            Role(
                code=row["code"],
                **_names(row),
                duties_zh=row["duties"]["zh"],
                duties_en=row["duties"]["en"],
                grants=grants,
            )
        )
    session.flush()


def load_sample_staff(session: Session) -> None:
    """The invented staff of the demonstration, with sign-in names by role where they have one; no passwords yet."""
    departments = _by_code(session, Department)
    roles = _by_code(session, Role)
    logins = {code: login for login, code in DEMO_LOGINS.items()}
    known = set(session.scalars(sa.select(Staff.code)))
    for row in document("organisation")["staff"]:
        if row["code"] in known:
            continue
        session.add(
            Staff(
                code=row["code"],
                login=logins.get(row["code"], row["code"].lower()),
                **_names(row),
                department_id=departments[row["department"]].id,
                joined=date.fromisoformat(row["joined"]),
                fit_for_post=row["fit_for_post"],
                roles=[roles[code] for code in row["roles"]],
            )
        )
    session.flush()
    staff = _by_code(session, Staff)
    for row in document("organisation")["departments"]:
        departments[row["code"]].head_id = staff[row["head"]].id if row.get("head") else None


def _load_departments(session: Session) -> dict[str, Department]:
    known = _by_code(session, Department)
    for row in document("organisation")["departments"]:
        if row["code"] not in known:
            known[row["code"]] = Department(
                code=row["code"],
                **_names(row),
                kind=row["kind"],
                duty_zh=row["duty"]["zh"],
                duty_en=row["duty"]["en"],
                receives_orders=row["receives_orders"],
            )
            session.add(known[row["code"]])
    session.flush()
    return known


def _load_channels(session: Session, departments: dict[str, Department]) -> None:
    known = _by_code(session, Channel)
    for position, row in enumerate(document("channels")["channels"]):
        if row["code"] not in known:
            session.add(
                Channel(
                    code=row["code"],
                    **_names(row),
                    kind=row["kind"],
                    live=row["live"],
                    default_department_id=departments[row["default_department"]].id,
                    entry_way=row["entry_way"],
                    as_draft=row.get("as_draft", False),
                    hours=row["hours"],
                    note_zh=row["note"]["zh"],
                    note_en=row["note"]["en"],
                    position=position,
                )
            )
    for key in ("completeness", "telephone_service"):
        _set(session, key, document("channels")[key])


def _load_lists(session: Session) -> None:
    processes, categories = document("processes"), document("categories")
    lists: dict[str, list[dict[str, Any]]] = {name: processes[name] for name in PROCESS_LISTS}
    lists |= {"routes": categories["routes"], "dispatch_elements": categories["dispatch_elements"]}
    lists |= {name: document("channels")[name] for name in ("channel_kinds", "entry_ways")}
    lists |= {"severities": processes["severities"], "extension_reasons": document("sla")["extension"]["reasons"]}
    lists |= {"urgency_levels": processes["urgency_levels"], "impact_levels": processes["impact_levels"]}
    known = {(entry.list, entry.code) for entry in session.scalars(sa.select(ListEntry))}
    for name, rows in lists.items():
        for position, row in enumerate(rows):
            if (name, row["code"]) not in known:
                extra = {key: value for key, value in row.items() if key not in ("code", "name")}
                session.add(ListEntry(list=name, code=row["code"], **_names(row), position=position, extra=extra))
    _set(session, "process", processes["settings"])
    _set(session, "desks", ["dispatch_desk"])
    _set(session, "priority_matrix", processes["priority_matrix"]["rows"])
    _set(session, "element_rules", {"base": categories["element_rules"]["base"]})


def _load_categories(session: Session, departments: dict[str, Department]) -> None:
    known = _by_code(session, Category)

    def place(rows: list[dict[str, Any]], parent: Category | None, level: int) -> None:
        for position, row in enumerate(rows):
            category = known.get(row["code"])
            if category is None:
                department = row.get("default_department")
                category = Category(
                    code=row["code"],
                    **_names(row),
                    parent_id=parent.id if parent else None,
                    level=level,
                    position=position,
                    default_department_id=departments[department].id if department else None,
                    default_severity=row.get("default_severity"),
                    default_urgency=row.get("default_urgency"),
                    default_impact=row.get("default_impact"),
                    first_contact_possible=row.get("first_contact_possible", False),
                    route=row.get("route"),
                    required_elements=row.get("required_elements", []),
                    symptoms=row.get("symptoms", []),
                    script=row.get("script"),
                )
                session.add(category)
                session.flush()
                category.path = f"{parent.path if parent else '/'}{category.id}/"
            place(row.get("children", []), category, level + 1)

    place(document("categories")["categories"], None, 1)


def _load_processes(session: Session) -> None:
    session.flush()
    known = {(row.code, row.version) for row in session.scalars(sa.select(ProcessVersion))}
    for row in document("processes")["processes"]:
        if (row["code"], row["version"]) not in known:
            save_process(session, row)


def _load_clocks(session: Session) -> None:
    content = document("sla")
    meta = content["meta"]
    if not session.scalar(sa.select(SlaPolicy.id).where(SlaPolicy.code == meta["code"]).limit(1)):
        definition = {key: value for key, value in content.items() if key != "meta"}
        session.add(
            SlaPolicy(
                code=meta["code"],
                version=meta["version"],
                name_zh=meta["title"]["zh"],
                name_en=meta["title"]["en"],
                valid_from=date.fromisoformat(meta["valid_from"]),
                definition=definition,
            )
        )


def _load_calendars(session: Session) -> None:
    content = document("calendar")
    known = _by_code(session, Calendar)
    for row in content["calendars"]:
        if row["code"] not in known:
            known[row["code"]] = Calendar(
                code=row["code"],
                **_names(row),
                weekly_hours=row["weekly_hours"],
                make_up_day_hours=row["make_up_day_hours"],
                use_public_holidays=row["use_public_holidays"],
                for_deadlines=row["code"] == content["deadline_calendar"],
            )
            session.add(known[row["code"]])
    session.flush()
    days = {(day.calendar_id, day.day) for day in session.scalars(sa.select(CalendarDay))}
    for closure in content["own_closures"]:
        for code in closure["calendars"]:
            key = (known[code].id, date.fromisoformat(closure["date"]))
            if key not in days:
                reason = {"name_zh": closure["reason"]["zh"], "name_en": closure["reason"]["en"]}
                session.add(
                    CalendarDay(calendar_id=key[0], day=key[1], kind="closure", closed=closure["closed"], **reason)
                )
    _set(session, "published_years", document("public_holidays")["published_years"])
    for row in document("public_holidays")["days"]:
        key = (None, date.fromisoformat(row["date"]))
        if key not in days:
            session.add(CalendarDay(day=key[1], kind=row["kind"], name_zh=row["zh"], name_en=row["en"]))


def _load_templates(session: Session) -> None:
    known = _by_code(session, MessageTemplate)
    for row in document("messages")["templates"]:
        if row["code"] not in known:
            session.add(template_of(row))
    _set(session, "message_formats", document("messages")["formats"])
    _set(session, "survey", document("messages").get("survey", {}))


def _load_documents(session: Session) -> None:
    known = set(session.scalars(sa.select(ConfigurationDocument.code)))
    for name in DOCUMENTS:
        content = document(name)
        if name not in known:
            session.add(
                ConfigurationDocument(
                    code=name,
                    version=content["meta"]["version"],
                    valid_from=date.fromisoformat(content["meta"]["valid_from"]),
                    content=content,
                )
            )


def _names(row: dict[str, Any]) -> dict[str, str]:
    return {"name_zh": row["name"]["zh"], "name_en": row["name"]["en"]}


def _by_code(session: Session, model: Any) -> dict[str, Any]:
    return {row.code: row for row in session.scalars(sa.select(model))}


def _set(session: Session, key: str, value: Any) -> None:
    if session.get(Setting, key) is None:
        session.add(Setting(key=key, value=value))
