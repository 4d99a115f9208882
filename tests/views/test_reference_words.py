"""Every code that the settings show has its words, in both languages; what is shown raw would be noticed by nobody."""

import ast
import re

import pytest

from backoffice.office import document
from backoffice.services.department import KINDS
from policies.calendar_days import PublicDay
from policies.calendar_form import WEEKDAYS
from policies.dispatch_values import ElementKind
from policies.list_entries import OfficeList
from policies.sla_version import PHASES, Standing
from policies.vocabulary import Unit
from policies.warning_ladder import WarnAt
from tests.support.catalogue import LANGUAGES, texts
from tests.support.sources import python_files, templates, tree
from views.reference.changes import SUBJECTS
from views.reference.roles import GROUPS
from views.set_up import BRINGS


def recipients():
    ladders = document("sla")["warnings"]["ladders"]
    return {code for ladder in ladders for step in ladder["steps"] for code in step["to"]}


TEMPLATES = document("messages")["templates"]
ROOMS = {
    "reference.department_kind": KINDS,
    "reference.element_kind": list(ElementKind),
    "reference.list": list(OfficeList),
    "reference.day_kind": [*PublicDay, "closure"],
    "reference.standing": list(Standing),
    "reference.weekday": WEEKDAYS,
    "reference.sla.phase": PHASES,
    "reference.sla.amount": [unit for unit in Unit if unit in ("working_day", "working_hour", "hour", "percent_of_resolve")],
    "reference.subject": SUBJECTS,
    "reference.act": ["create", "change", "retire", "restore", "drop", "import", "set_up", "assign_roles", "grant",
                      "reset_password", "set_password", "end_sessions", "check", "put_into_force", "resend", "settle",
                      "stop", "see_to", "read_again"],
    "reference.sla.ladder_at": list(WarnAt),
    "reference.sla.extension": ["days", "role", "times"],
    "reference.state": ["in_use", "in_service", "retired"],
    "reference.category_level": ["1", "2", "3"],
    "reference.grant_group": [name for name, _first in GROUPS],
    "reference.recipient": recipients(),
    "reference.template_kind": {row["kind"] for row in TEMPLATES},
    "reference.audience": {row["audience"] for row in TEMPLATES},
    "reference.way": {row["channel"] for row in TEMPLATES},
    "reference.staff": ["created", "was_reset", "came_back"],
    "set_up.brings": BRINGS,
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("room", ROOMS)
def test_every_code_of_a_set_has_its_words(language, room):
    assert [code for code in ROOMS[room] if f"{room}.{code}" not in texts(language)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_of_the_offices_own_data_has_its_words(language):
    """``refused("…")`` puts the room before its key, so that the house's own test does not see it."""
    asked = set()
    for path in python_files():
        nodes = list(ast.walk(tree(path)))
        imports = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.module == "policies.reference"]
        if path.name != "reference.py" and not any(name.name == "refused" for node in imports for name in node.names):
            continue
        for call in nodes:
            is_call = isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "refused"
            if is_call and call.args and isinstance(call.args[0], ast.Constant):
                asked.add(call.args[0].value)
    assert len(asked) > 30
    assert [key for key in sorted(asked) if f"reference.refused.{key}" not in texts(language)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_column_that_the_log_may_name_has_its_words(language):
    from backoffice.models.configuration import Calendar, Category, Channel, ListEntry
    from backoffice.models.office import Department, Office

    apart = {"id", "path", "level", "set_up_at", "demonstration", "currency"}
    for model in (Department, Channel, Category, ListEntry, Calendar, Office):
        columns = [column.key for column in model.__table__.columns if column.key not in apart]
        assert [key for key in columns if f"reference.field.{key}" not in texts(language)] == [], model


def test_every_text_of_the_rooms_is_asked_for_somewhere():
    said = "\n".join(path.read_text(encoding="utf-8") for path in python_files())
    said += "\n".join(path.read_text(encoding="utf-8") for path in templates())
    keys = [key for key in texts("en") if key.startswith(("reference.", "set_up."))]
    in_sets = {f"{room}.{code}" for room, codes in ROOMS.items() for code in codes}
    # a column of the log, a refusal, or a code of a set is asked for by a key that is put together
    loose = [
        key
        for key in keys
        if key not in said and key not in in_sets and not re.match(r"reference\.(field|refused)\.", key)
    ]
    assert loose == []
