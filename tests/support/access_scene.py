"""The scene of the access matrix: at every step of a general complaint one that is a person's own, one of the same
department, one foreign; and that person, P, of the network department, to be given one role at a time.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.database import Database
from backoffice.integrations.files import Upload
from backoffice.keys import Keys, open_keys
from backoffice.models.clock_change import CalendarChange
from backoffice.models.complaint import Complaint, ComplaintDepartment, ComplaintPerson, WorkOrder
from backoffice.models.configuration import Calendar, CalendarDay
from backoffice.models.duty import Absence, Duty
from backoffice.models.fault_notice import FaultNotice
from backoffice.models.handling import Attachment
from backoffice.models.knowledge import Knowledge
from backoffice.models.office import Role, Staff, StaffRole
from backoffice.models.sampling import Coaching
from backoffice.models.teamwork import CorrectiveFile
from backoffice.models.what_if import WhatIfRun
from backoffice.sealing import seal_for_office
from backoffice.services import corrective, sampling
from backoffice.services.calendar import DayFacts, add_closure
from backoffice.services.core.work import Work
from backoffice.services.sampling import Order
from policies.access import SYSTEM
from policies.corrective_course import CorrectiveAct
from policies.knowledge import KnowledgeKind, KnowledgeState
from policies.vocabulary import CaseFunction, ContactWay, DutyKind, WhatIfKind
from policies.vocabulary_notice import NoticeKind
from tests.support import access_appeals, access_papers, access_sheets
from tests.support.access_calibration import add_sessions
from tests.support.access_training import add_training
from tests.support.databases import OPENED, with_default_office
from tests.support.inspections import Inspected
from tests.support.live import give_passwords
from tests.support.lots import draw_lots
from tests.support.offices import actor_of
from tests.support.played import Play
from tests.support.scenes import department, staff

PERSON, COLLEAGUE, STRANGER = "P001", "S014", "S016"
INSPECTION, OTHERS = "ZJ-1", "ZJ-2"
KINDS = ("own", "department", "foreign")
STEPS = (
    "untaken", "register", "check", "explain", "dispatch", "appoint", "dispute", "investigate", "plan", "approve",
    "carry_out", "feed_back", "call_back", "rework", "closed", "archived",
)  # fmt: skip
_ORDERED = STEPS[STEPS.index("appoint") :]
_HANDLED = STEPS[STEPS.index("investigate") :]


class Scene:
    """A folder with an office's data in which everything stands ready; copied for each role."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.numbers: dict[tuple[str, str], str] = {}
        self.files: dict[tuple[str, str], int] = {}
        self.people: dict[str, int] = {}
        self.corrective: dict[str, tuple[str, int]] = {}
        self.sheets: dict[str, access_sheets.Made] = {}
        self.public_day = 0
        self.closure = 0
        self.calendar_change = 0


def url_of(folder: Path) -> str:
    """Where the database of such a folder is."""
    return f"sqlite:///{folder / 'office.db'}"


def build(folder: Path) -> Scene:
    """Play every complaint to its step and make some of them P's own."""
    folder.mkdir(parents=True)
    scene, database, keys = Scene(folder), Database(url_of(folder)), open_keys(folder / "keys")
    with_default_office(database)
    with database.writing() as session:
        network = department(session, "network")
        session.add(Staff(code=PERSON, login="p001", name_zh="某人", name_en="Somebody", department_id=network.id,
                          fit_for_post=True, must_change_password=False))  # fmt: skip
        administrator = actor_of(session)
        calendar = session.scalars(sa.select(Calendar).order_by(Calendar.id)).first()
        closure = DayFacts(date(2026, 12, 24), "内部培训", "Training day", closed=(("00:00", "24:00"),))
        scene.closure = add_closure(session, administrator, OPENED, calendar.id, closure).id
        session.add_all(_away_and_on_duty(session))
        scene.calendar_change = session.scalars(sa.select(CalendarChange.revision)).one()
        period = {"first_day": date(2026, 1, 1), "last_day": date(2026, 1, 2)}
        session.add(Coaching(id=1, staff_id=staff(session, "S013").id, since=date(2026, 11, 1), reason="复训",
                             ordered_at=OPENED))  # fmt: skip
        add_training(session, STRANGER)
        draw_lots(session, {"technical_support": 100})
        text = seal_for_office(
            keys, '{"title_zh": "文章", "body_zh": "正文", "categories": ["net_broadband_down"]}', "knowledge"
        )
        session.add(Knowledge(number="ZS2026-001", kind=KnowledgeKind.ARTICLE, state=KnowledgeState.RELEASED, version=1,
                              offered=True, sealed=text, in_force=text, changed_at=OPENED))  # fmt: skip
        session.add(FaultNotice(number="TB2026-001", kind=NoticeKind.KNOWN_FAULT, title_zh="抢修", tell_zh="请稍候",
                                categories=["net_broadband_down"], since=OPENED, published_at=OPENED))  # fmt: skip
        session.add(WhatIfRun(kind=WhatIfKind.CALENDAR, parameters={}, asked_at=OPENED, **period))
        scene.public_day = session.scalars(sa.select(CalendarDay.id).where(CalendarDay.calendar_id.is_(None))).first()
    give_passwords(database)
    sampling.draw(database, lambda session: Work(session, keys, SYSTEM, OPENED, OPENED), Order("monthly_regular"))
    for step in STEPS:
        for kind in KINDS:
            play = _PlayTo(database, keys, folder / "files")
            play.to(step, "network" if kind == "department" else "technical_support")
            _belongs(play, step, kind)
            scene.numbers[step, kind] = play.number
            if (step, kind) == ("archived", "foreign"):
                give_role(database.url, "handler")
                access_appeals.add(play, PERSON, COLLEAGUE, "network")
    with database.writing() as session:
        add_sessions(session, PERSON, scene.numbers["closed", "foreign"])
    with database.reading() as session:
        statement = sa.select(Complaint.number, Attachment.id).join(Attachment, Attachment.complaint_id == Complaint.id)
        of_number = {row.number: row.id for row in session.execute(statement)}
        scene.files = {key: of_number.get(number, 0) for key, number in scene.numbers.items()}
        codes = {"own": PERSON, "department": COLLEAGUE, "foreign": STRANGER}
        scene.people = {kind: staff(session, code).id for kind, code in codes.items()}
    for kind, code in codes.items():
        scene.corrective[kind] = _put_right(database, keys, folder / "files", code)
    _to_inspect(database, keys, scene)
    scene.sheets = access_sheets.add(database, Play(database, keys, folder / "files", OPENED), codes, OPENED)
    access_papers.add_sheets(database, keys, folder, PERSON, COLLEAGUE, STRANGER)
    database.dispose()
    return scene


def _put_right(database: Database, keys: Keys, files: Path, code: str) -> tuple[str, int]:
    """A corrective action that this person owns, accepted, with a file: its number, and the file's id."""
    play = Play(database, keys, files, OPENED)
    values = {
        "source": "audit", "type": "sales_control", "title": "复核", "root_cause": "无复核", "expected_effect": "有复核",
        "owner": play.staff(code),
    }  # fmt: skip
    with database.writing() as session:
        number = corrective.assign(play.work(session, "S024"), values).number
    upload = Upload("签到表.txt", b"signed", "text/plain")
    for act, entered, uploads in ((CorrectiveAct.ACCEPT, {}, ()), (CorrectiveAct.REPORT, {"text": "已办"}, (upload,))):
        with database.writing() as session:
            one = corrective.act(play.work(session, code), number, act, entered, uploads=uploads)
            found = session.scalars(sa.select(CorrectiveFile.id).where(CorrectiveFile.action_id == one.id)).first()
    return number, found or 0


def _to_inspect(database: Database, keys: Keys, scene: Scene) -> None:
    """Inspections of two foreign complaints that have no other: one before P, one before another inspector."""
    drawn = Inspected(database, keys, scene.folder / "files")
    for step, inspector, number in (("closed", PERSON, INSPECTION), ("call_back", "S022", OTHERS)):
        drawn.play.number = scene.numbers[step, "foreign"]
        with database.reading() as session:
            ids = sa.select(Complaint.id).where(Complaint.number == drawn.play.number)
            drawn.play.complaint_id = session.scalars(ids).one()
        drawn.drawn(inspector, subject=None, department=None, number=number)


def _away_and_on_duty(session: Session) -> list[Duty | Absence]:
    """A turn of duty, and the absences 1 of a stranger and 2 of a colleague of P."""
    span = {"begins_at": datetime(2026, 12, 1, tzinfo=UTC), "ends_at": datetime(2026, 12, 5, tzinfo=UTC)}
    return [
        Duty(kind=DutyKind.MANAGER, staff_id=staff(session, "S009").id, **span),
        Absence(id=1, staff_id=staff(session, STRANGER).id, **span),
        Absence(id=2, staff_id=staff(session, COLLEAGUE).id, **span),
    ]


def give_role(url: str, role: str) -> int:
    """P holds this role alone from now on. P's id."""
    database = Database(url)
    with database.writing() as session:
        person = staff(session, PERSON)
        session.execute(sa.delete(StaffRole).where(StaffRole.staff_id == person.id))
        role_id = session.scalars(sa.select(Role.id).where(Role.code == role)).one()
        session.add(StaffRole(staff_id=person.id, role_id=role_id))
        found = person.id
    database.dispose()
    return found


class _PlayTo(Play):
    """Plays one complaint to a step, its order with the department that is asked for."""

    def __init__(self, database: Database, keys: Keys, files: Path) -> None:
        super().__init__(database, keys, files)

    def to(self, step: str, where: str) -> None:
        head, handler = ("S012", "S013") if where == "network" else ("S015", "S016")
        acts = [
            ("check", lambda: self.act("S005", "start_check")),
            ("explain", lambda: self.act("S005", "find_not_established", check_reason="查无此事")),
            ("dispatch", lambda: self.act("S005", "accept", handover_reason="需测试", promised_time=self._soon())),
            ("appoint", lambda: self._send(where)),
            ("dispute", lambda: self.act(head, "raise_dispute", handover_reason="不属本部门")),
            ("investigate", lambda: self.act(head, "appoint", owner=self.staff(handler))),
            ("plan", lambda: self._find_out(handler)),
            ("approve", lambda: self._plan(handler)),
            ("carry_out", lambda: self.act(head, "approve", approval_opinion_text="同意")),
            ("feed_back", lambda: self._carry_out(handler)),
            ("call_back", lambda: self._tell(handler)),
            ("rework", lambda: self._unsatisfied()),
            ("closed", lambda: self._satisfied()),
            ("archived", lambda: self.act("S028", "archive", lesson="先查上联")),
        ]
        if step == "untaken":
            self._come_in_by_itself()
            return
        self.register()
        if step == "register":
            return
        self.act("S005", "acknowledge", way=ContactWay.PHONE, text="已受理")
        for reached, act in acts:
            if reached in ("explain", "dispute", "rework") and reached != step:
                continue
            act()
            if reached == step:
                return
        raise AssertionError(f"no way to {step}")

    def _soon(self):
        return self.at + timedelta(days=5)

    def _come_in_by_itself(self) -> None:
        self.work = lambda session, code: Work(session, self.keys, SYSTEM, self.at, self.at, self.files)  # type: ignore[method-assign]
        self.register("system", channel="website", call_started_at=None, call_seconds=None)

    def _send(self, where: str) -> None:
        elements = {"customer_number": "KD1", "pre_check_result": "离线", "speed_test": "3", "device_model": "HG",
                    "available_time": "18:00"}  # fmt: skip
        self.act("S008", "send_order", department=self.department(where), requirements="查清", handover_reason="需测试",
                 deadline=self.at + timedelta(days=4), promised_time=self._soon(), elements=elements)  # fmt: skip

    def _find_out(self, handler: str) -> None:
        self.act(handler, "respond_first", way=ContactWay.PHONE, text="约定上门")
        self.act(handler, "record_evidence", evidence_type="system_record", text="流量 97%")
        self.act(handler, "submit_facts", facts="属实", root_cause="拥塞", cause_code="network_capacity",
                 fault="customer_fault", responsible_party="客户侧")  # fmt: skip

    def _plan(self, handler: str) -> None:
        self.act(handler, "submit_plan", root_cause="拥塞", owner=self.staff(handler), alternatives="提速",
                 measures=[{"text": "分流", "owner": self.staff(handler), "amount": "0"}],
                 expected_completion=self.at + timedelta(days=2), compensation_amount=0)  # fmt: skip

    def _carry_out(self, handler: str) -> None:
        measure = sa.text("SELECT id FROM measure WHERE done_at IS NULL AND NOT dropped AND complaint_id = :id")
        with self.database.reading() as session:
            measures = list(session.scalars(measure, {"id": self.complaint_id}))
        for one in measures:
            self.act(handler, "tick_measure", measure=str(one), result="已分流")
        self.act(handler, "communicate", way=ContactWay.PHONE, text="告知已分流")
        self.act(handler, "complete_measures", measure_results="已分流")

    def _tell(self, handler: str) -> None:
        self.act(handler, "tell_result", result_told_at=self.at + timedelta(minutes=40),
                 result_channel=ContactWay.PHONE, customer_opinion="接受", apologised=True)  # fmt: skip

    def _unsatisfied(self) -> None:
        self.act("S011", "report_unsatisfied", callback_method=ContactWay.PHONE, resolved_flag=False, satisfaction=2,
                 dissatisfaction_reason="仍掉线", new_demand="彻底修好")  # fmt: skip

    def _satisfied(self) -> None:
        self.act("S011", "confirm_satisfied", callback_method=ContactWay.PHONE, resolved_flag=True, satisfaction=5,
                 customer_opinion="好了")  # fmt: skip


def _belongs(play: Play, step: str, kind: str) -> None:
    """Own: registered by P, or P helps with its order. Of the department: it belongs to P's, and P is not on it."""
    with play.database.writing() as session:
        person, network = staff(session, PERSON), department(session, "network")
        if kind == "own":
            function = CaseFunction.CO_HANDLER if step in _HANDLED else CaseFunction.REGISTERED
            session.add(ComplaintPerson(complaint_id=play.complaint_id, staff_id=person.id, function=function,
                                        since=play.at))  # fmt: skip
            if step in _HANDLED:
                orders = session.scalars(sa.select(WorkOrder).where(WorkOrder.complaint_id == play.complaint_id))
                for order in orders:
                    order.co_handler_ids = [person.id]
        if kind == "department" and step not in _ORDERED:
            session.add(ComplaintDepartment(complaint_id=play.complaint_id, department_id=network.id, since=play.at))
