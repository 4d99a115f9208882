"""What the JSON API takes in (R1): bodies and queries as pydantic models, of which the description is made too.

The names are those of the intake record. A model says what can be read at all and refuses what it does not know by
name; whether a record may be registered is asked of the rules, as for the form. Loaded when the first call comes.
"""

from __future__ import annotations

from base64 import b64decode
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from backoffice.integrations.files import MAX_NAME, Upload
from backoffice.services.intake import Registration
from forms.fields import FIRST_YEAR, LAST_YEAR, LINE, LONGEST, clean
from forms.intake import MAY_NOT_APPLY, READ_BACK, TEXTS
from policies.intake import LONGEST_EXTERNAL_NUMBER
from policies.vocabulary import ComplaintStatus, ContactWay, Level, Priority, Severity

PAGES = 100
LONGEST_CODE = 64
MOST_FILES = 20


def _line(text: str) -> str:
    return " ".join(clean(text).split())


def _year(day: Any) -> Any:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise PydanticCustomError("year", "year")
    return day


def _base64(text: str) -> str:
    try:
        b64decode(text, validate=True)
    except ValueError as error:
        raise PydanticCustomError("base64_decode", "base64") from error
    return text


def _utc(at: datetime) -> datetime:
    try:
        return _year(at.astimezone(UTC))
    except OverflowError as error:
        raise PydanticCustomError("year", "year") from error


Line = Annotated[str, Field(max_length=LINE), AfterValidator(_line)]
Words = Annotated[str, Field(max_length=LONGEST), AfterValidator(clean)]
Code = Annotated[str, Field(max_length=LONGEST_CODE), AfterValidator(_line)]
Moment = Annotated[AwareDatetime, AfterValidator(_utc)]
Day = Annotated[date, AfterValidator(_year)]
Count = Annotated[int, Field(ge=0, le=86_400)]


class Asked(BaseModel):
    """The ground of all of them: nothing that is not known."""

    model_config = ConfigDict(extra="forbid")


class FileIn(Asked):
    """A file within a body: its name with its ending, its content in Base64."""

    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
    content: Annotated[str, AfterValidator(_base64), Field(json_schema_extra={"format": "base64"})]

    @property
    def raw(self) -> bytes:
        """The content itself."""
        return b64decode(self.content)


class NewComplaint(Asked):
    """A complaint as it is told. ``received_at`` is now where it is left out."""

    channel: Code
    category: Code | None = None
    severity: Severity = Severity.GENERAL
    urgency: Level = Level.MEDIUM
    impact: Level = Level.LOW
    received_at: Moment | None = None
    contact_phone: Line = ""
    customer_name: Line = ""
    preferred_contact: ContactWay | None = None
    email: Line = ""
    address: Line = ""
    what: Words
    who: Line = ""
    where: Line = ""
    why: Line = ""
    demand: Line = ""
    product: Line = ""
    product_symptom: Line = ""
    symptom: Code | None = None
    summary: Line = ""
    severity_reason: Line = ""
    occurred_at: Moment | None = None
    bought_on: Day | None = None
    call_started_at: Moment | None = None
    call_seconds: Count | None = None
    read_back: Annotated[list[Literal[READ_BACK]], Field(max_length=len(READ_BACK))] = []  # type: ignore[valid-type]
    not_applicable: Annotated[list[Literal[MAY_NOT_APPLY]], Field(max_length=len(MAY_NOT_APPLY))] = []  # type: ignore[valid-type]
    confidential: bool = False
    external_number: Annotated[str, Field(max_length=LONGEST_EXTERNAL_NUMBER), AfterValidator(_line)] = ""
    files: Annotated[list[FileIn], Field(max_length=MOST_FILES)] = []

    def said(self) -> dict[str, Any]:
        """The same as plain values by the names of the registration form, for a clerk to complete."""
        return self.model_dump(mode="json", exclude={"channel", "received_at", "files"}, exclude_none=True)

    def registration(self, now: datetime, uploads: tuple[Upload, ...], source: str) -> Registration:
        """The same as every door hands it in."""
        return Registration(
            channel=self.channel,
            category=self.category or "",
            severity=self.severity,
            urgency=self.urgency,
            impact=self.impact,
            received_at=self.received_at or now,
            texts={code: getattr(self, code) for code in TEXTS},
            preferred_contact=self.preferred_contact,
            symptom=self.symptom or None,
            occurred_at=self.occurred_at,
            bought_on=self.bought_on,
            call_started_at=self.call_started_at,
            call_seconds=self.call_seconds,
            read_back=frozenset(self.read_back),
            not_applicable=frozenset(self.not_applicable),
            confidential=self.confidential,
            external_number=self.external_number,
            uploads=uploads,
            source=source,
        )


class ListQuery(Asked):
    """What a list is narrowed to: the filters of the list page, by codes instead of ids. Days are the office's."""

    list: Code = "all"
    sort: Literal["due", "received"] | None = None
    q: Annotated[str, Field(max_length=LINE // 2)] = ""
    status: ComplaintStatus | None = None
    severity: Severity | None = None
    priority: Priority | None = None
    category: Code | None = None
    channel: Code | None = None
    department: Code | None = None
    owner: Code | None = None
    due: Literal["today", "overdue"] | None = None
    received_from: Day | None = None
    received_to: Day | None = None
    at: Annotated[str, Field(max_length=80)] = ""
    size: Annotated[int, Field(ge=1, le=PAGES)] = 20


class HistoryQuery(Asked):
    """From which event on."""

    after: Annotated[int, Field(ge=0, le=10**9)] = 0
    size: Annotated[int, Field(ge=1, le=PAGES)] = PAGES


class ActionIn(Asked):
    """An action's fields by their codes. ``revision`` is the one that the caller saw; ``If-Match`` says the same."""

    fields: dict[Annotated[str, Field(max_length=LONGEST_CODE)], Any] = {}
    revision: Annotated[int, Field(ge=0, le=10**9)] | None = None
    files: Annotated[list[FileIn], Field(max_length=MOST_FILES)] = []


class FilesIn(Asked):
    """Files to be attached."""

    files: Annotated[list[FileIn], Field(min_length=1, max_length=MOST_FILES)]


class RevealIn(Asked):
    """Why the customer's data are looked at."""

    reason: Words
