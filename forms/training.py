"""Forms of training (R34): sessions, who was there, orders, coaching talks, posts, courses, what the office demands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from wtforms import BooleanField, Form, HiddenField, StringField

from backoffice.services.training import OrderFacts
from backoffice.services.training_course import CourseFacts
from backoffice.services.training_sessions import SessionFacts
from forms.fields import clean, read_money
from forms.reference import fields
from policies.fitness import EntryRules
from policies.message import Message, Name
from policies.reference import LONGEST_CODE, LONGEST_NAME, LONGEST_NOTE
from policies.training_entry import LONGEST_NOTE as LONGEST_WORDS
from policies.training_entry import CoachingSays, Presence
from policies.vocabulary_training import CourseKind, DueSource, Interval, TrainingForm

LONGEST_NUMBER = 8


class DecimalField(StringField):
    """A number with at most two decimals, not negative, or nothing; what cannot be read stays as it was typed."""

    def __init__(self, key: str | Message, *, required: bool = False, help_key: str = "", **given: Any) -> None:
        super().__init__(
            Message(key) if isinstance(key, str) else key,
            [fields.Required()] if required else [],
            description=Message(help_key) if help_key else "",
            render_kw={"inputmode": "decimal", "maxlength": LONGEST_NUMBER, "autocomplete": "off"},
            **given,
        )

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the number; a blank field is None."""
        self.typed = clean(valuelist[0])[:LONGEST_NUMBER] if valuelist else ""
        self.data: Decimal | None = None
        if self.typed:
            self.data = read_money(self.typed.replace("\uff0e", "."))
            if self.data is None:
                raise ValueError(Message("training.refused.decimal"))

    def _value(self) -> str:
        if getattr(self, "typed", None) is not None:
            return str(self.typed)
        return "" if self.data is None else f"{self.data.normalize():f}"


class PeopleField(fields.ChoicesField):
    """Any number of people, as boxes to tick."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """The ids that are numbers; others were never offered."""
        self.data = [value for value in valuelist if value.isascii() and value.isdigit()]


def _ids(values: Sequence[str] | None) -> tuple[int, ...]:
    return tuple(int(value) for value in values or () if len(value) < 19)


class SessionForm(Form):
    """A session to be planned; the view says which courses, forms, posts and people there are."""

    course_id = fields.ChoiceField("training.field.course_id", fields.whole, required=True)
    role_code = fields.ChoiceField("training.field.role_code", help_key="training.help.role_code")
    held_on = fields.DateField("training.field.held_on", required=True, help_key="training.help.day")
    hours = DecimalField("training.field.hours", required=True, help_key="training.help.session_hours")
    form = fields.ChoiceField("training.field.form", required=True)
    trainer = fields.line("training.field.trainer", LONGEST_NAME)
    place = fields.line("training.field.place", LONGEST_NAME)
    people = PeopleField("training.field.people", required=True)

    def facts(self) -> SessionFacts:
        """What was said, for the service."""
        return SessionFacts(
            self.course_id.data,
            TrainingForm(self.form.data) if self.form.data else None,
            self.held_on.data,
            self.hours.data,
            _ids(self.people.data),
            self.role_code.data or None,
            self.trainer.data or "",
            self.place.data or "",
        )


class AddForm(Form):
    """Somebody else comes as well."""

    people = PeopleField("training.field.people", required=True)

    def ids(self) -> tuple[int, ...]:
        """Who."""
        return _ids(self.people.data)


class WriteUpForm(Form):
    """Who was there; one row of fields for each person is added by ``write_up_form``."""

    revision = HiddenField()
    findings = fields.text("training.field.findings", LONGEST_WORDS, help_key="training.help.findings", rows=3)
    listed: tuple[int, ...] = ()

    def rows(self) -> list[Presence]:
        """What was entered of each person."""
        return [
            Presence(
                staff_id,
                bool(self[f"present-{staff_id}"].data),
                self[f"hours-{staff_id}"].data,
                self[f"score-{staff_id}"].data if f"score-{staff_id}" in self else None,
                bool(self[f"excellent-{staff_id}"].data) if f"excellent-{staff_id}" in self else False,
            )
            for staff_id in self.listed
        ]


def write_up_form(people: Iterable[tuple[int, Name]], *, has_exam: bool, is_drill: bool) -> type[WriteUpForm]:
    """The form of one session, with a row for everybody on its list."""
    found: dict[str, Any] = {}
    ids = []
    for staff_id, name in people:
        ids.append(staff_id)
        found[f"present-{staff_id}"] = BooleanField(_of(name, "present"))
        found[f"hours-{staff_id}"] = DecimalField(_of(name, "hours"))
        if has_exam:
            found[f"score-{staff_id}"] = DecimalField(_of(name, "score"))
        if is_drill:
            found[f"excellent-{staff_id}"] = BooleanField(_of(name, "excellent"))
    return type("SessionWriteUpForm", (WriteUpForm,), {**found, "listed": tuple(ids)})


ROW_WORDS = {
    "present": "training.row.present",
    "hours": "training.row.hours",
    "score": "training.row.score",
    "excellent": "training.row.excellent",
}


def _of(name: Name, field: str) -> Message:
    """A field's label with whose it is, for who does not see the table."""
    return Message(ROW_WORDS[field], {"name": name})


class OrderForm(Form):
    """Training ordered by hand."""

    course_id = fields.ChoiceField(
        "training.field.ordered_course", fields.whole, help_key="training.help.ordered_course"
    )
    hours = DecimalField("training.field.hours", help_key="training.help.ordered_hours")
    due = fields.DateField("training.field.due", required=True, help_key="training.help.day")
    source = fields.ChoiceField("training.field.source", required=True)
    people = PeopleField("training.field.people", required=True)

    def facts(self) -> OrderFacts:
        """What was said, for the service."""
        return OrderFacts(
            self.course_id.data,
            _ids(self.people.data),
            self.due.data,
            DueSource(self.source.data) if self.source.data else None,
            self.hours.data,
        )


class TalkForm(Form):
    """A coaching talk."""

    held_on = fields.DateField("training.field.held_on", required=True, help_key="training.help.day")
    hours = DecimalField("training.field.hours", required=True)
    problem = fields.text("training.field.problem", LONGEST_WORDS, required=True, rows=3)
    aim = fields.text("training.field.aim", LONGEST_WORDS, required=True, rows=2)
    agreed = fields.text("training.field.agreed", LONGEST_WORDS, required=True, rows=3)
    review_on = fields.DateField("training.field.review_on", required=True, help_key="training.help.day")

    def says(self) -> CoachingSays:
        """What was said, for the service."""
        return CoachingSays(
            self.held_on.data,
            self.hours.data,
            self.problem.data or "",
            self.aim.data or "",
            self.agreed.data or "",
            self.review_on.data,
        )


class RecogniseForm(Form):
    """A qualification that rests on an earlier training."""

    role_code = fields.ChoiceField("training.field.role_code", required=True)
    from_day = fields.DateField("training.field.from_day", required=True, help_key="training.help.from_day")
    reason = fields.text("training.field.reason", LONGEST_NOTE, required=True, help_key="training.help.reason", rows=2)


class ReasonForm(Form):
    """Why something is called off or taken away."""

    reason = fields.text("training.field.reason", LONGEST_NOTE, required=True, rows=2)


class CourseForm(Form):
    """A course, module or drill as the office keeps it."""

    code = fields.line("reference.field.code", LONGEST_CODE, required=True, help_key="reference.help.code")
    name_zh = fields.line("reference.field.name_zh", LONGEST_NAME, required=True)
    name_en = fields.line("reference.field.name_en", LONGEST_NAME, required=True)
    kind = fields.ChoiceField("training.field.kind", required=True, help_key="training.help.kind")
    role_code = fields.ChoiceField("training.field.for_role")
    form = fields.ChoiceField("training.field.form", required=True)
    hours = DecimalField("training.field.hours", required=True, help_key="training.help.course_hours")
    every = fields.ChoiceField("training.field.every", help_key="training.help.every")
    exam_pass = fields.WholeField("training.field.exam_pass", help_key="training.help.exam_pass")
    content_zh = fields.text("training.field.content_zh", LONGEST_NOTE, rows=2)
    content_en = fields.text("training.field.content_en", LONGEST_NOTE, rows=2)
    position = fields.WholeField("reference.field.position", required=True, help_key="reference.help.position")

    def facts(self) -> CourseFacts:
        """What was said, for the service."""
        return CourseFacts(
            self.name_zh.data or "",
            self.name_en.data or "",
            CourseKind(self.kind.data) if self.kind.data else None,
            TrainingForm(self.form.data) if self.form.data else None,
            self.hours.data,
            self.role_code.data or None,
            Interval(self.every.data) if self.every.data else None,
            self.exam_pass.data,
            self.content_zh.data or "",
            self.content_en.data or "",
            self.position.data,
        )


class RulesForm(Form):
    """What the office asks for before somebody takes a post."""

    required = fields.tick("training.field.required", help_key="training.help.required")
    minimum_hours = fields.WholeField("training.field.minimum_hours", required=True)
    exam_pass = fields.WholeField("training.field.exam_pass", required=True)
    retakes = fields.WholeField("training.field.retakes", required=True)
    wait_days = fields.WholeField("training.field.wait_days", required=True)
    validity_months = fields.WholeField("training.field.validity_months", required=True)
    absence_days = fields.WholeField("training.field.absence_days", required=True)
    roles = fields.ChoicesField("training.field.roles", help_key="training.help.roles")

    def rules(self, full: int) -> EntryRules | None:
        """What was said; None where a figure is missing."""
        numbers = (
            self.minimum_hours.data,
            self.exam_pass.data,
            self.retakes.data,
            self.wait_days.data,
            self.validity_months.data,
            self.absence_days.data,
        )
        if any(number is None for number in numbers):
            return None
        hours, exam, retakes, wait, months, days = (int(number or 0) for number in numbers)
        roles = tuple(self.roles.data or ())
        return EntryRules(bool(self.required.data), hours, exam, full, retakes, wait, months, days, roles)
