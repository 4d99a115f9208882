"""What the JSON API answers with: pydantic models, of which the description is made too. Loaded at the first call."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, PlainSerializer

Moment = Annotated[datetime, PlainSerializer(lambda at: at.isoformat(), return_type=str, when_used="json-unless-none")]
Figure = Annotated[Decimal, PlainSerializer(float, return_type=float)]


class Given(BaseModel):
    """The ground of all of them."""

    model_config = ConfigDict(extra="forbid")


class Coded(Given):
    """A value of a list: its code, and its name in the language of the call."""

    code: str
    name: str


class Customer(Given):
    """The customer as this token may see them: ``hidden``, ``masked``, or ``revealable``: masked until asked."""

    view: str
    name: str
    phone: str
    email: str
    address: str


class Clock(Given):
    """A running or ended clock."""

    code: str
    name: str
    due_at: Moment
    stopped_at: Moment | None
    met: bool | None


class File(Given):
    """An attached file; ``opens``: this token may fetch it."""

    id: int
    name: str
    size: int
    media_type: str
    sha256: str
    at: Moment
    opens: bool


class Complaint(Given):
    """A complaint. ``revision`` is also its ``ETag``: who acts says which one they saw."""

    number: str
    revision: int
    status: Coded
    step: Coded
    open: bool
    round: int
    outcome: Coded | None
    severity: Coded
    urgency: Coded
    impact: Coded
    priority: Coded
    channel: Coded
    category: Coded
    symptom: str | None
    entry_way: str
    confidential: bool
    nth_complaint: int
    previous: str | None
    external_number: str | None
    completeness: Figure
    received_at: Moment
    registered_at: Moment
    occurred_at: Moment | None
    acknowledged_at: Moment | None
    resolved_at: Moment | None
    closed_at: Moment | None
    archived_at: Moment | None
    due_at: Moment | None
    due_clock: str | None
    department: Coded | None
    owner: Coded | None
    customer: Customer
    record: dict[str, str]
    clocks: list[Clock]
    files: list[File]


class Registered(Given):
    """What came of a new complaint."""

    number: str
    status: Coded
    revision: int
    severity: Coded
    priority: Coded
    received_at: Moment
    due_at: Moment | None
    completeness: Figure
    nth_complaint: int


class Draft(Given):
    """What waits for a clerk, or what became of it: the complaint's number once it is completed."""

    draft: int
    state: Literal["waiting", "completed", "discarded"]
    number: str | None
    received_at: Moment
    arrived_at: Moment
    done_at: Moment | None
    address: str


class Revealed(Given):
    """The customer's data in clear; the look is in the access log."""

    number: str
    customer: dict[str, str]


class Line(Given):
    """A complaint as a line of a list."""

    number: str
    summary: str
    customer: str
    phone: str
    status: Coded
    severity: Coded
    priority: Coded
    category: str
    channel: str
    step: str
    department: str | None
    owner: str | None
    round: int
    nth_complaint: int
    confidential: bool
    received_at: Moment
    due_at: Moment | None


class Page(Given):
    """A page of a list. ``count`` counts up to a bound; ``more``: there are more than that."""

    rows: list[Line]
    count: int
    more: bool
    next: str | None
    previous: str | None


class Event(Given):
    """What happened once."""

    sequence: int
    at: Moment
    recorded_at: Moment
    action: Coded
    by: Coded | None
    from_step: str | None
    to_step: str | None
    round: int


class History(Given):
    """Events, oldest first; ``next``: behind which the next page begins."""

    events: list[Event]
    next: int | None


class ChannelTold(Coded):
    """A channel."""

    kind: str
    live: bool
    as_draft: bool


class CategoryTold(Coded):
    """A category; complaints are registered under those of level 3."""

    level: int
    parent: str | None
    severity: str | None
    symptoms: list[Coded]


class DepartmentTold(Coded):
    """A department."""

    receives_orders: bool


class MasterData(Given):
    """The codes that bodies and filters name."""

    channels: list[ChannelTold]
    categories: list[CategoryTold]
    departments: list[DepartmentTold]
    severities: list[Coded]
    levels: list[Coded]
    contact_ways: list[Coded]
    lists: list[Coded]


class Field(Given):
    """A field of an action: what it holds, whether it must be there, what it may be."""

    code: str
    name: str
    kind: str
    required: bool
    choices: list[Coded] | None


class Action(Given):
    """What can be done; ``open`` or why not."""

    code: str
    name: str
    help: str
    open: bool
    why_not: str | None
    leads_to: str | None
    fields: list[Field]


class Actions(Given):
    """What this token can do to the complaint now."""

    number: str
    revision: int
    status: Coded
    step: Coded
    actions: list[Action]


class Acted(Given):
    """What came of an action, with what the caller should know besides."""

    number: str
    revision: int
    status: Coded
    step: Coded
    warnings: list[str]


class Description(Given):
    """OpenAPI."""

    model_config = ConfigDict(extra="allow")

    openapi: str
    paths: dict[str, Any]
