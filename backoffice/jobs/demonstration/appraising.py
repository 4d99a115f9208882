"""The appraisal of the demonstration (R32, R33), through the real services: the month before last is locked, with an
appeal decided and lines outside the formula; the last one is published in part, with an appeal that waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from backoffice.clock import SetClock
from backoffice.errors import DomainError
from backoffice.jobs import appraisal as computing
from backoffice.jobs.demonstration.inspections import MANAGER
from backoffice.jobs.demonstration.told_cases import Player
from backoffice.jobs.running import Workshop, work_off
from backoffice.models.appraisal import AppraisalManualLine, AppraisalPeriod, AppraisalSheet
from backoffice.models.office import Department, Staff
from backoffice.office import document
from backoffice.queries.rulebook import Rulebook
from backoffice.services import appraisal, appraisal_appeal, appraisal_compute, appraisal_lines, appraisal_lock
from backoffice.services.appraisal_lines import Asked
from backoffice.services.core.appraisal_plan import bounds
from policies.appraisal_course import SheetAct
from policies.appraisal_lines import Proposal
from policies.calendar import WorkingCalendar
from policies.vocabulary_appraisal import LineKind, LineState, SheetAppealResult, SheetStatus

ANALYST, SENIOR = "S023", "S001"
HOUR = timedelta(hours=1)
COMPUTED, CHECKED, DECIDED, SILENT, APPROVED, LOCKED = 2, 4, 6, 9, 13, 14
STEPS = (COMPUTED, CHECKED, DECIDED, SILENT, APPROVED, LOCKED)
"""On which working day of the next month each step of the locked month was taken."""
LATELY = 3
"""The last month is over for at least so many working days; it was published on the day before the present."""
ATTENDED = "training_completion"
LEFT = 3
"""So many sheets of the last month still wait to be checked, and so many to be published."""


@dataclass(frozen=True)
class Told:
    """A line outside the formula: who proposes it for whom, what it is, the word of its ground; who decides it."""

    by: str
    whose: str
    kind: LineKind
    code: str
    ground: str
    decided_by: str = ""
    refused: str = ""


LOCKED_LINES = (
    Told(ANALYST, "S005", LineKind.ADJUSTMENT, "commendation_letter", "praise", MANAGER),
    Told(MANAGER, "S018", LineKind.ADJUSTMENT, "corrective_overdue", "late_evidence", SENIOR),
    Told(MANAGER, "S013", LineKind.REWARD, "certificate_month", "reward", SENIOR),
    Told(ANALYST, "S016", LineKind.ADJUSTMENT, "commendation_letter", "refused", MANAGER, "refused_ground"),
)
OPEN_LINES = (
    Told(ANALYST, "S006", LineKind.ADJUSTMENT, "commendation_letter", "praise", MANAGER),
    Told(ANALYST, "S011", LineKind.ADJUSTMENT, "commendation_letter", "proposed"),
)


def play_appraisal(player: Player, folder: Path, present: datetime) -> list[str]:
    """The months that there are at ``present`` (aware UTC), the older first; none where one was opened already."""
    with player.database.reading() as session:
        if session.scalar(sa.select(AppraisalPeriod.id).limit(1)) is not None:
            return []
    return _Months(player, folder, present).play()


class _Months:
    def __init__(self, player: Player, folder: Path, present: datetime) -> None:
        self.player, self.folder, self.present = player, folder, present
        self.words = document("demonstration")["appraisal"]
        with player.database.reading() as session:
            rules = Rulebook(session)
            self.zone, self.calendar = rules.zone(), rules.calendar()

    def play(self) -> list[str]:
        """The newest month that is long enough over, and the one before it."""
        newer = self._newest()
        older = _before(newer)
        self._locked(older)
        self._published(newer)
        return [older, newer]

    def _newest(self) -> str:
        month = _before(f"{self.present.astimezone(self.zone):%Y-%m}")
        while self._working_day(month, LATELY) > self.present:
            month = _before(month)
        return month

    def _working_day(self, month: str, number: int) -> datetime:
        """An hour after the opening of the so-manieth working day after a month."""
        at = self.calendar.next_working_moment(bounds(month, self.zone)[1])
        for _ in range(number - 1):
            at = _next_day(self.calendar, at, self.zone)
        return at + HOUR

    # the month that is over and done with

    def _locked(self, month: str) -> None:
        day = {number: self._working_day(month, number) for number in STEPS}
        self._compute(month, day[COMPUTED])
        self._lines(month, LOCKED_LINES, day[COMPUTED] + HOUR)
        self._decide_the_rest(month, day[CHECKED] - HOUR)
        self._all(month, day[CHECKED], SheetAct.CHECK)
        self._all(month, day[CHECKED] + HOUR, SheetAct.PUBLISH)
        appealed = self._appeal(month, day[CHECKED] + 3 * HOUR, "appeal")
        self._acknowledge(month, day[CHECKED] + 4 * HOUR)
        if appealed:
            self._dismiss(appealed, day[DECIDED])
        self._silence(day[SILENT])
        self._all(month, day[APPROVED], SheetAct.APPROVE)
        with suppress(DomainError):  # where one is left, the month stays as it is
            self._does(MANAGER, day[LOCKED], appraisal_lock.lock, month)

    # the month that stands half way

    def _published(self, month: str) -> None:
        published = self.calendar.next_working_moment(self.present - timedelta(days=1, hours=6))
        published = min(published, self.present - 5 * HOUR)
        self._compute(month, min(self._working_day(month, COMPUTED), published - 4 * HOUR))
        self._lines(month, OPEN_LINES, published - 3 * HOUR)
        numbers = self._numbers(month)
        self._all(month, published - 2 * HOUR, SheetAct.CHECK, numbers[LEFT:])
        self._all(month, published - HOUR, SheetAct.PUBLISH, numbers[2 * LEFT :])
        self._appeal(month, published + HOUR, "appeal_open")
        self._acknowledge(month, published + 2 * HOUR)

    # the steps

    def _does(self, code: str, at: datetime, command: Callable[..., Any], *said: Any, **more: Any) -> Any:
        """One command of somebody at a moment, in a transaction of its own."""
        with self.player.database.writing() as session:
            return command(self.player.work(session, code, at), *said, **more)

    def _compute(self, month: str, at: datetime) -> None:
        self._does(ANALYST, at, appraisal_compute.ask, month)
        shop = Workshop(self.player.database, self.player.keys, SetClock(at), self.folder)
        work_off(shop, {computing.KIND: computing.compute})

    def _lines(self, month: str, lines: Iterable[Told], at: datetime) -> None:
        for line in lines:
            with suppress(DomainError):  # whom the month has no sheet of
                asked = Asked(
                    month, self._staff(line.whose), None, Proposal(line.kind, line.code, self.words[line.ground])
                )
                row = self._does(line.by, at, appraisal_lines.propose, asked)
                if line.decided_by:
                    ground = self.words[line.refused] if line.refused else ""
                    said = {"approve": not line.refused, "ground": ground}
                    self._does(line.decided_by, at + HOUR, appraisal_lines.decide, row.id, **said)

    def _decide_the_rest(self, month: str, at: datetime) -> None:
        """What a rule has proposed is approved by the quality manager, or by a senior manager where it is the own."""
        waiting = sa.select(AppraisalManualLine.id).where(
            AppraisalManualLine.month == month, AppraisalManualLine.state == LineState.PROPOSED
        )
        with self.player.database.reading() as session:
            ids = list(session.scalars(waiting))
        for line_id in ids:
            for who in (MANAGER, SENIOR):
                with suppress(DomainError):
                    self._does(who, at, appraisal_lines.decide, line_id, approve=True)
                    break

    def _all(self, month: str, at: datetime, act: SheetAct, numbers: Sequence[str] | None = None) -> None:
        """One act on all sheets of a month: each by whoever may, the senior manager last."""
        wanted = self._numbers(month) if numbers is None else numbers
        for who in (MANAGER, *self._heads(), SENIOR) if act is SheetAct.APPROVE else (MANAGER, SENIOR):
            self._does(who, at, appraisal.act_on_many, month, act, wanted)

    def _appeal(self, month: str, at: datetime, word: str) -> str:
        """The person with the lowest score objects to the line that lost most; gives the number of the sheet."""
        with self.player.database.reading() as session:
            rows = self._sheets(month).where(
                AppraisalSheet.status == SheetStatus.PUBLISHED, AppraisalSheet.final_score.is_not(None)
            )
            sheets = session.scalars(rows.order_by(AppraisalSheet.final_score, AppraisalSheet.number)).all()
            found = [
                (sheet.number, sheet.staff.code, _worst(sheet)) for sheet in sheets if sheet.staff and _worst(sheet)
            ]
        found.sort(key=lambda one: one[2] == ATTENDED)  # what the records of complaints say is objected to first
        for number, code, item in found:
            with suppress(DomainError):  # one who may not object
                self._does(code, at, appraisal_appeal.submit, number, [item], self.words[word])
                return str(number)
        return ""

    def _dismiss(self, number: str, at: datetime) -> None:
        decision = appraisal_appeal.Decision(SheetAppealResult.DISMISSED, self.words["appeal_dismissed"])
        self._does(MANAGER, at, appraisal_appeal.decide, number, decision)

    def _acknowledge(self, month: str, at: datetime) -> None:
        """Every third of those who may, some with a word; the others keep silent."""
        with self.player.database.reading() as session:
            rows = self._sheets(month).where(AppraisalSheet.status == SheetStatus.PUBLISHED)
            sheets = session.scalars(rows.order_by(AppraisalSheet.number)).all()
            own = [(sheet.number, sheet.staff.code) for sheet in sheets if sheet.staff]
        for place, (number, code) in enumerate(own[::3]):
            said = appraisal.Said(self.words["acknowledged"] if place % 2 else "")
            self._does(code, at, appraisal.act, number, SheetAct.ACKNOWLEDGE, said)

    def _silence(self, at: datetime) -> None:
        with self.player.database.reading() as session:
            numbers = appraisal.silent_ones(session, at, 1000)
        for number in numbers:
            self._does("system", at, appraisal.take_silence, number)

    # who and what there is

    def _sheets(self, month: str) -> sa.Select[tuple[AppraisalSheet]]:
        return (
            sa.select(AppraisalSheet)
            .join(AppraisalPeriod, AppraisalPeriod.id == AppraisalSheet.period_id)
            .where(AppraisalPeriod.month == month)
        )

    def _numbers(self, month: str) -> list[str]:
        with self.player.database.reading() as session:
            return [sheet.number for sheet in session.scalars(self._sheets(month).order_by(AppraisalSheet.number))]

    def _heads(self) -> list[str]:
        statement = sa.select(Staff.code).join(Department, Department.head_id == Staff.id).distinct()
        with self.player.database.reading() as session:
            return [code for code in session.scalars(statement.order_by(Staff.code)) if code != MANAGER]

    def _staff(self, code: str) -> int | None:
        with self.player.database.reading() as session:
            return session.scalar(sa.select(Staff.id).where(Staff.code == code))


def _worst(sheet: AppraisalSheet) -> str:
    """The indicator with the lowest score; none where nothing was rated."""
    rated = [line for line in sheet.lines if line.score is not None]
    return min(rated, key=lambda line: (line.score, line.indicator)).indicator if rated else ""


def _before(month: str) -> str:
    first = date.fromisoformat(f"{month}-01")
    return f"{first - timedelta(days=1):%Y-%m}"


def _next_day(calendar: WorkingCalendar, at: datetime, zone: Any) -> datetime:
    """The opening of the next working day."""
    midnight = datetime.combine(at.astimezone(zone).date() + timedelta(days=1), datetime.min.time(), zone)
    return calendar.next_working_moment(midnight)
