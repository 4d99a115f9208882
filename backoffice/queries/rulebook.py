"""The office's rules as they stand: settings, processes, clocks and the calendar, parsed once and kept while they hold.

A version in force never changes, so that a parsed one is kept for good; calendar, lists and settings are kept until
the office changes one of them (``revision`` counts these changes).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple, TypeVar
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.errors import DomainError
from backoffice.models.configuration import (
    Calendar,
    CalendarDay,
    ConfigurationDocument,
    ListEntry,
    ProcessVersion,
    Setting,
    SlaPolicy,
)
from backoffice.models.inspection import Scorecard
from backoffice.models.office import Department, Office, Role
from backoffice.models.script import IntakeScript
from policies.calendar import Name, WorkingCalendar
from policies.calendar_form import CalendarDate, office_calendar
from policies.card import Card, parse_card
from policies.message import Refusal
from policies.process import Process, parse_process
from policies.script import Offered, Script, parse_script
from policies.vocabulary import VersionState

T = TypeVar("T")
REVISION = "configuration_revision"
_REVISION = sa.select(Setting.value).where(Setting.key == REVISION)
_CHANGED = "rules changed here"
_kept: WeakKeyDictionary[object, dict[object, Any]] = WeakKeyDictionary()


class Rulebook:
    """What the rules say in one office's database, read through a session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        engine = session.get_bind()
        self._shared = _kept.setdefault(getattr(engine, "pool", engine), {})
        self._revision: int | None = None

    @property
    def _store(self) -> dict[object, Any]:
        """Where it is kept what was read: by all together, or by a session alone that changed the rules itself, since
        they may never come to hold.
        """
        found: dict[object, Any] = self._session.info.get(_CHANGED, self._shared)
        return found

    @property
    def revision(self) -> int:
        """Counts the changes of calendar, lists and settings; what a session for looking was told of it holds there
        (``Session.info``), so that a page is made by one state of the rules.
        """
        if self._revision is None:
            told: int | None = self._session.info.get(REVISION)
            self._revision = (self._session.scalar(_REVISION) or 0) if told is None else told
        return self._revision

    def setting(self, key: str) -> Any:
        """One setting of the office, for example ``process`` → {"transfers_before_escalation": 1, …}."""
        return self.settings().get(key)

    def settings(self) -> dict[str, Any]:
        return self.keep("settings", lambda: dict(self._session.execute(sa.select(Setting.key, Setting.value)).all()))

    def process(self, version_id: int) -> Process:
        """A process by the id of its version."""
        return self._read(("process", version_id), ProcessVersion, parse_process)

    def process_for(self, severity: str, day: date) -> ProcessVersion:
        """The version of a severity's process that holds on a day (local)."""
        return self._session.get_one(ProcessVersion, self.processes_on(day)[severity])

    def processes_on(self, day: date) -> dict[str, int]:
        """Severity → id of the version of its process that holds on a day (local)."""
        versions = self.keep("process versions", lambda: self._versions(ProcessVersion, ProcessVersion.severity))
        severities = sorted({version.of for version in versions})
        return {severity: _holding([one for one in versions if one.of == severity], day) for severity in severities}

    def role_names(self) -> dict[str, dict[str, str]]:
        """Code of a role → its names in both languages."""
        columns = sa.select(Role.code, Role.name_zh, Role.name_en)
        return self.keep(
            "roles", lambda: {row[0]: {"zh": row[1], "en": row[2]} for row in self._session.execute(columns)}
        )

    def sla_for(self, day: date) -> SlaPolicy:
        """The version of the clocks that holds for complaints received on a day (local)."""
        versions = self.keep("sla versions", lambda: self._versions(SlaPolicy, SlaPolicy.code))
        return self._session.get_one(SlaPolicy, _holding(versions, day))

    def sla(self, version_id: int) -> dict[str, Any]:
        """The definition of a version of the clocks, in the form of ``office/sla.yaml``."""
        return self._read(("sla", version_id), SlaPolicy, dict)

    def card(self, version_id: int) -> Card:
        """A scorecard by the id of its version (R28)."""
        return self._read(("scorecard", version_id), Scorecard, parse_card)

    def cards_on(self, day: date) -> dict[str, int]:
        """Code of a scorecard → id of the version that holds on a day (local); without those that begin later."""
        versions = self.keep("scorecard versions", lambda: self._versions(Scorecard, Scorecard.code))
        begun = [version for version in versions if version.valid_from <= day]
        return {code: _holding([one for one in begun if one.of == code], day) for code in sorted({v.of for v in begun})}

    def script(self, version_id: int) -> Script:
        """An intake script by the id of its version (R7)."""
        return self._read(("script", version_id), IntakeScript, parse_script)

    def scripts_on(self, day: date) -> list[Offered]:
        """The intake scripts that hold on a day (local), by the leaf and the symptoms that they are for."""
        versions = self.keep("script versions", lambda: self._versions(IntakeScript, IntakeScript.code))
        begun = [version for version in versions if version.valid_from <= day]
        holding = [_holding([one for one in begun if one.of == code], day) for code in sorted({v.of for v in begun})]
        scripts = [(version_id, self.script(version_id)) for version_id in holding]
        return [Offered(key, script.code, script.category, script.symptoms) for key, script in scripts]

    def document(self, code: str) -> dict[str, Any] | None:
        """The newest version of one of the office's documents, for example of corrective actions; None without one."""
        rows = sa.select(ConfigurationDocument.content).where(ConfigurationDocument.code == code)
        newest = rows.order_by(ConfigurationDocument.version.desc()).limit(1)
        return self.keep(("document", code), lambda: self._session.scalar(newest))

    def office(self) -> Office:
        """The office's own row, detached; not for changing."""

        def load() -> Office:
            office = self._session.scalars(sa.select(Office)).one()
            self._session.expunge(office)
            return office

        return self.keep("office", load)

    def zone(self) -> ZoneInfo:
        """The office's time zone."""
        return ZoneInfo(self.office().time_zone)

    def calendar(self) -> WorkingCalendar:
        """The calendar by which deadlines are counted; raises ``DomainError`` when it cannot be read."""
        return self.keep("calendar", self._calendar)

    def _calendar(self) -> WorkingCalendar:
        row = self._session.scalars(sa.select(Calendar).where(Calendar.for_deadlines)).one()
        mine = (CalendarDay.calendar_id == row.id) | CalendarDay.calendar_id.is_(None)
        days = self._session.scalars(sa.select(CalendarDay).where(mine))
        calendar = office_calendar(
            self.office().time_zone,
            row.weekly_hours,
            row.make_up_day_hours,
            [CalendarDate(day.day, day.kind, Name(day.name_zh, day.name_en), day.closed) for day in days],
            use_public_holidays=row.use_public_holidays,
            published_years=self.setting("published_years"),
        )
        if isinstance(calendar, Refusal):
            raise DomainError(calendar)
        return calendar

    def entries(self, name: str, *, retired: bool = False) -> list[ListEntry]:
        """The entries of one of the office's lists, in order; those retired only when asked for."""
        rows = self.keep("lists", self._lists).get(name, [])
        return [row for row in rows if retired or row.retired_at is None]

    def _lists(self) -> dict[str, list[ListEntry]]:
        lists: dict[str, list[ListEntry]] = {}
        for entry in self._session.scalars(sa.select(ListEntry).order_by(ListEntry.position, ListEntry.id)):
            self._session.expunge(entry)
            lists.setdefault(entry.list, []).append(entry)
        return lists

    def _read(self, name: tuple[str, int], model: Any, read: Callable[[Any], T]) -> T:
        """What a version says, kept for good once it can no longer change."""
        if name not in self._store:
            row = self._session.get_one(model, name[1])
            if row.state.is_open:
                return read(row.definition)
            self._store[name] = read(row.definition)
        return self._store[name]  # type: ignore[no-any-return]  # one store for values of many types

    def told(self, model: Any, version_id: int) -> VersionTold:
        """What a version of a process or of the clocks is called, without its definition."""

        def load() -> VersionTold:
            columns = sa.select(model.name_zh, model.name_en, model.version, model.valid_from)
            return VersionTold(*self._session.execute(columns.where(model.id == version_id)).one())

        return self.keep((model.__tablename__, version_id), load)

    def _versions(self, model: Any, of: Any) -> list[_Version]:
        """Those in force on some day: no draft, nothing retired."""
        rows = self._session.execute(
            sa.select(model.id, of, model.valid_from, model.version).where(
                model.state == VersionState.EFFECTIVE, model.retired_at.is_(None)
            )
        )
        return [_Version(*row) for row in rows]

    def receivers_and_desks(self) -> tuple[frozenset[int], frozenset[int]]:
        """Ids of the departments that receive orders, and of the desks to which nothing may go back."""

        def load() -> tuple[frozenset[int], frozenset[int]]:
            columns = (Department.id, Department.code, Department.receives_orders, Department.retired_at)
            rows = list(self._session.execute(sa.select(*columns)))
            desks = frozenset(self.setting("desks") or ("dispatch_desk",))
            return (
                frozenset(row.id for row in rows if row.receives_orders and row.retired_at is None),
                frozenset(row.id for row in rows if row.code in desks),
            )

        return self.keep("receivers", load)

    def keep(self, name: object, make: Callable[[], T]) -> T:
        """What ``make`` gives, kept until the configuration changes."""
        kept = self._store.get(name)
        if kept is None or kept[0] != self.revision:
            self._store[name] = kept = (self.revision, make())
        return kept[1]  # type: ignore[no-any-return]  # one store for values of many types

    def keep_for_good(self, name: object, make: Callable[[], T]) -> T:
        """What ``make`` gives, kept as long as the database is open."""
        if name not in self._store:
            self._store[name] = make()
        return self._store[name]  # type: ignore[no-any-return]  # one store for values of many types


def changed_here(session: Session) -> None:
    """This session changed the rules: from now on it reads them for itself."""
    session.info[_CHANGED] = {}


class VersionTold(NamedTuple):
    """A version of a process or of the clocks, as far as a page names it."""

    name_zh: str
    name_en: str
    version: int
    valid_from: date


class _Version(NamedTuple):
    """A version of something, as far as choosing the one that holds goes."""

    id: int
    of: str
    valid_from: date
    version: int


def _holding(versions: list[_Version], day: date) -> int:
    """The newest version that began by a day; what came in before the first one (an imported history) goes
    by the first.
    """
    begun = [one for one in versions if one.valid_from <= day]
    if begun:
        return max(begun, key=lambda one: (one.valid_from, one.version)).id
    return min(versions, key=lambda one: (one.valid_from, one.version)).id
