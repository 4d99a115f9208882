"""R30: corrective actions from whatever opens them to their confirmed effect, on both databases."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from backoffice.clock import SetClock
from backoffice.errors import DomainError
from backoffice.integrations.files import Upload
from backoffice.jobs import corrective as job
from backoffice.jobs.running import Workshop, plan, work_off
from backoffice.keys import Keys
from backoffice.models.history import AccessEvent, Event
from backoffice.models.inspection import Inspection
from backoffice.models.teamwork import CorrectiveAction, CorrectiveEvent, CorrectiveFile
from backoffice.models.work import Outbox
from backoffice.queries.corrective import Which, counts, find, listed, urgent
from backoffice.queries.verification import verify
from backoffice.sealing import CaseSeal, open_for_office, seal_for_office
from backoffice.services.core.corrective_words import opened, texts_of
from backoffice.services.corrective import act, assign, offers_on, open_file
from policies.corrective_course import CorrectiveAct as A
from policies.vocabulary_inspection import InspectionStatus
from policies.vocabulary_teamwork import CorrectiveStatus as S
from tests.support.grave import PUT_RIGHT
from tests.support.inspected_past import InspectedPast
from tests.support.played import Play

KEYS = Keys.fresh()
DAY = timedelta(days=1)
SCAN = Upload("修订稿-周㛃敏.txt", "第三条：15 分钟内通报".encode(), "text/plain")


class Life(Play):
    """Acts on one corrective action, an hour between two."""

    action = ""

    def opens(self, code="S003", owner="S016", **more):
        self.register()
        row = {**PUT_RIGHT, "owner": self.staff(owner), "type": "sales_control", **more}
        self.act(code, "open_corrective_action", corrective_action=[row])
        self.action = self.row(newest=True).number

    def assigns(self, code="S024", owner="S016", **more):
        values = {**PUT_RIGHT, "source": "audit", "owner": self.staff(owner), "type": "sales_control", **more}
        with self.database.writing() as session:
            self.action = assign(self.work(session, code), values).number

    def does(self, code, action, uploads=(), revision=None, **values):
        self.at += timedelta(hours=1)
        with self.database.writing() as session:
            act(self.work(session, code), self.action, action, values, uploads=uploads, revision=revision)

    def finishes(self, code="S016"):
        self.does(code, A.ACCEPT)
        self.does(code, A.FINISH, result="已逐单复核", evidence="清单 12 份")

    def verified(self):
        self.opens()
        self.finishes()
        self.does("S024", A.VERIFY, text="抽 10 件均无")

    def row(self, newest=False):
        with self.database.reading() as session:
            wanted = sa.select(CorrectiveAction).order_by(CorrectiveAction.id.desc())
            return session.scalars(wanted if newest else wanted.where(CorrectiveAction.number == self.action)).first()

    def words(self):
        with self.database.reading() as session:
            return texts_of(KEYS, session.get_one(CorrectiveAction, self.row().id))

    def told(self, template):
        with self.database.reading() as session:
            rows = session.scalars(sa.select(Outbox).where(Outbox.template == template).order_by(Outbox.id))
            return [row.staff_id for row in rows]

    def happened(self):
        with self.database.reading() as session:
            return list(session.scalars(sa.select(CorrectiveEvent.kind).order_by(CorrectiveEvent.id)))

    def history(self):
        with self.database.reading() as session:
            return list(session.scalars(sa.select(Event.action).order_by(Event.id)))

    def reminds(self, at):
        self.at = at
        shop = Workshop(self.database, KEYS, SetClock(at), self.files.parent)
        plan(self.database, job.KIND, at.isoformat(), at)
        assert work_off(shop, {job.KIND: job.remind_all}).failed == 0


@pytest.fixture
def life(office_database, tmp_path):
    return Life(office_database, KEYS, tmp_path / "files")


def why(run, *args, **values):
    with pytest.raises(DomainError) as error:
        run(*args, **values)
    return [refusal.key.rpartition(".")[2] for refusal in error.value.refusals]


def test_R30_from_assigned_to_effective_with_a_failed_verification_on_the_way(life):
    life.opens()
    life.does("S016", A.ACCEPT)
    life.does("S016", A.START)
    life.does("S016", A.REPORT, text="已培训 8 人")
    life.does("S016", A.FINISH, result="已培训全部 12 人", uploads=(SCAN,))
    assert life.told("corrective_to_verify") == [life.staff("S024")]
    life.does("S024", A.REJECT, reason="再抽检仍有 2 件", due_on=date(2026, 12, 18))
    one = life.row()
    assert (one.status, one.reopened, one.due_on, one.done_at) == (S.REOPENED, 1, date(2026, 12, 18), None)
    assert one.due_at == datetime(2026, 12, 18, 10, tzinfo=UTC)  # a Friday, 18:00 in the office
    life.does("S016", A.FINISH, result="补训 4 人", evidence="签到表")
    life.does("S024", A.VERIFY, text="抽 10 件均无")
    one = life.row()
    assert (one.status, one.verified_by_id, one.verified_at) == (S.VERIFIED, life.staff("S024"), life.at)
    # 60 days from 23 November are 22 January 2027, a Friday
    assert one.effect_due_at == datetime(2027, 1, 22, 10, tzinfo=UTC)
    life.at = datetime(2027, 1, 22, 11, tzinfo=UTC)
    life.does("S022", A.CONFIRM_EFFECT, text="两个月无同样问题")
    one = life.row()
    assert (one.effective, one.effect_checked_by_id) == (True, life.staff("S022"))
    assert why(life.does, "S024", A.CAME_BACK, reason="又有", due_on=date(2027, 3, 1)) == ["closed"]
    assert life.happened() == [
        "open",
        "accept",
        "start",
        "report",
        "finish",
        "reject",
        "finish",
        "verify",
        "confirm_effect",
    ]
    assert life.history()[-4:] == ["open_corrective_action", "corrective_reopened", "corrective_verified", "corrective_effective"]  # fmt: skip
    with life.database.reading() as session:
        assert verify(session, KEYS.chain).broken == []


def test_R30_a_fault_that_came_back_reopens_it_with_a_new_date_and_is_counted(life):
    life.verified()
    life.at += 20 * DAY
    life.does("S024", A.CAME_BACK, reason="同一问题再现 3 件", due_on=date(2027, 1, 15))
    one = life.row()
    assert (one.status, one.reopened, one.verified_at, one.effect_due_at) == (S.REOPENED, 1, None, None)
    assert life.told("corrective_reopened") == [life.staff("S016")]


@pytest.mark.parametrize(
    ("code", "reason"), [("S016", "not_verifier"), ("S003", "not_verifier"), ("S013", "not_found")]
)
def test_R30_only_another_person_with_the_permission_verifies(life, code, reason):
    life.opens()
    life.finishes()
    assert why(life.does, code, A.VERIFY, text="合格") == [reason]


def test_R30_a_quality_manager_who_owns_or_helps_does_not_verify(life):
    life.opens(owner="S024")
    life.finishes("S024")
    assert why(life.does, "S024", A.VERIFY, text="合格") == ["no_own_verification"]
    other = Life(life.database, KEYS, life.files, life.at)
    other.opens()
    other.does("S003", A.SET_HELPERS, helpers=[other.staff("S024")])
    other.finishes()
    assert why(other.does, "S024", A.VERIFY, text="合格") == ["helper_verifies"]
    assert other.told("corrective_helper") == [other.staff("S024")]


def test_R30_extended_once_when_whoever_assigned_it_agrees(life):
    life.opens()
    was = life.row().due_on
    life.does("S016", A.ACCEPT)
    life.does("S016", A.ASK_EXTENSION, due_on=was + 7 * DAY, reason="设备未到")
    assert life.row().due_on == was
    assert life.told("corrective_extension_asked") == [life.staff("S003")]
    assert why(life.does, "S024", A.GRANT_EXTENSION) == ["not_assigner"]
    life.does("S003", A.REFUSE_EXTENSION, reason="先做一半")
    life.does("S016", A.ASK_EXTENSION, due_on=was + 7 * DAY, reason="设备仍未到")
    life.does("S003", A.GRANT_EXTENSION, text="同意")
    one = life.row()
    assert (one.due_on, one.first_due_on, one.extended_at) == (was + 7 * DAY, was, life.at)
    assert why(life.does, "S016", A.ASK_EXTENSION, due_on=was + 9 * DAY, reason="又迟") == ["extended_already"]
    assert (len(life.told("corrective_extended")), len(life.told("corrective_not_extended"))) == (1, 1)


def test_R30_handed_over_it_begins_with_the_new_owner_and_cancelled_it_is_closed(life):
    life.opens()
    life.does("S016", A.ACCEPT)
    life.does("S003", A.HAND_OVER, owner=life.staff("S015"), reason="调岗")
    one = life.row()
    assert (one.status, one.owner_id, one.accepted_at) == (S.ASSIGNED, life.staff("S015"), None)
    assert life.told("corrective_notice") == [life.staff("S016"), life.staff("S015")]
    assert life.told("corrective_released") == [life.staff("S016")]
    assert why(life.does, "S016", A.ACCEPT) == ["not_found"]
    life.does("S003", A.CANCEL, reason="并入另一项")
    assert why(life.does, "S015", A.ACCEPT) == ["closed"]
    assert life.history()[-1] == "corrective_cancelled"


def test_R30_two_at_once_are_told(life):
    life.opens()
    seen = life.row().revision
    life.does("S016", A.ACCEPT, revision=seen)
    assert why(life.does, "S003", A.CANCEL, revision=seen, reason="撤销") == ["changed_meanwhile"]
    assert life.row().status is S.ACCEPTED


def test_R30_of_two_who_finish_at_the_same_moment_one_is_told(life):
    life.opens()
    life.does("S016", A.ACCEPT)
    said = []

    def finish():
        try:
            with life.database.writing() as session:
                act(life.work(session, "S016"), life.action, A.FINISH, {"result": "完成", "evidence": "清单"})
        except DomainError as error:
            said.append(error.refusals[0].key.rpartition(".")[2])

    both = [threading.Thread(target=finish) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert said == ["not_in_status"]
    assert life.happened().count("finish") == 1


# What people write


def test_R39_its_words_lie_under_the_key_of_its_complaint_and_go_with_it(life):
    life.opens(title="周㛃敏家宽带复核")
    life.does("S016", A.ACCEPT)
    life.does("S016", A.FINISH, result="周㛃敏已确认", uploads=(SCAN,), evidence="13900004172 回访")
    assert life.words()["result"] == "周㛃敏已确认"
    with life.database.reading() as session:
        one = session.get_one(CorrectiveAction, life.row().id)
        event = session.scalars(sa.select(CorrectiveEvent).order_by(CorrectiveEvent.id.desc())).first()
        assert opened(KEYS, one, event.sealed, f"event:{event.sequence}")["evidence"] == "13900004172 回访"
        file = session.scalars(sa.select(CorrectiveFile)).one()
        raw = b"".join(bytes(part) for part in (one.sealed, event.sealed, file.sealed_name))
        assert "周㛃敏".encode() not in raw
        with pytest.raises(DomainError):
            open_for_office(KEYS, one.sealed, "corrective_action")
        told = session.scalars(sa.select(Outbox).where(Outbox.template == "corrective_to_verify")).one()
        text = CaseSeal(KEYS, one.complaint.sealed_key, one.complaint.number).open_json(told.sealed, "outbox")["text"]
        assert "周㛃敏" not in text  # a message leaves the page: names are masked
        assert "家宽带复核" in text
    kept = b"".join(path.read_bytes() for path in life.files.rglob("*") if path.is_file())
    assert "15 分钟".encode() not in kept
    with life.database.writing() as session:
        one = session.get_one(CorrectiveAction, life.row().id)
        one.complaint.sealed_key = None
    assert set(life.words().values()) == {""}


def test_R39_rows_of_an_earlier_program_are_read_and_come_under_the_complaint_s_key(life):
    life.opens()
    import json

    with life.database.writing() as session:
        one = session.get_one(CorrectiveAction, life.row().id)
        one.sealed = seal_for_office(KEYS, json.dumps({"title": "旧", "root_cause": "旧因", "expected_effect": "旧效"}), "corrective_action")  # fmt: skip
    assert life.words()["root_cause"] == "旧因"
    life.does("S016", A.ACCEPT)
    assert life.words()["root_cause"] == "旧因"
    with pytest.raises(DomainError):
        open_for_office(KEYS, life.row().sealed, "corrective_action")


def test_R39_a_file_is_opened_by_those_who_see_it_and_logged(life):
    life.assigns()
    life.does("S016", A.ACCEPT)
    life.does("S016", A.FINISH, result="完成", uploads=(SCAN, SCAN))
    with life.database.writing() as session:
        (file_id,) = session.scalars(sa.select(CorrectiveFile.id))
        _row, name, content = open_file(life.work(session, "S024"), life.action, file_id)
        assert (name, content) == (SCAN.name, SCAN.content)
        logged = session.scalars(sa.select(AccessEvent).where(AccessEvent.kind == "corrective_file")).one()
        assert life.action in logged.body
        assert why(open_file, life.work(session, "S013"), life.action, file_id) == ["not_found"]
        assert why(open_file, life.work(session, "S024"), life.action, 4711) == ["no_file"]


# Assigning


def test_R30_a_head_assigns_within_the_department_and_nobody_without_the_permission(life):
    life.assigns("S015", "S016")
    assert (life.row().source, life.row().complaint_id) == ("audit", None)
    assert why(life.assigns, "S015", "S013") == ["owner_not_yours"]
    assert why(life.assigns, "S016", "S016") == ["permission"]
    assert why(life.assigns, "S015", "S016", source="complaint", complaint="TS0000") == ["no_complaint"]


def test_R30_the_list_shows_each_what_is_theirs_and_counts_it(life):
    life.opens(owner="S012")
    life.assigns("S024", "S016", helpers=[life.staff("S021")])
    with life.database.reading() as session:

        def numbers(code, which=Which.OPEN, text=""):
            actor = life.work(session, code).actor
            page = listed(session, actor, life.at, which, text=text)
            assert counts(session, actor, life.at)[which] == len(page.rows) or text
            return [row.number for row in page.rows]

        assert numbers("S024") == ["CA2026-0002", "CA2026-0001"]
        assert numbers("S012") == ["CA2026-0001"]  # the own one, and of the own department
        assert numbers("S015") == ["CA2026-0002"]  # head of technical support
        assert numbers("S016", Which.MINE) == ["CA2026-0002"]
        assert numbers("S021", Which.MINE) == ["CA2026-0002"]  # a helper
        assert numbers("S014") == []
        assert numbers("S024", text="ca2026-0001") == ["CA2026-0001"]
        assert numbers("S024", text=life.number.lower()) == ["CA2026-0001"]
        assert numbers("S024", text="%") == []
        assert find(session, life.work(session, "S014").actor, "CA2026-0002") is None
        offered = offers_on(life.work(session, "S021"), find(session, life.work(session, "S021").actor, "CA2026-0002"))
        assert offered == ()  # not accepted yet: nothing for a helper


def test_R30_owner_and_helper_find_what_they_have_not_done_the_nearest_date_first(life):
    life.assigns("S024", "S016", helpers=[life.staff("S021")])
    life.assigns("S024", "S021")
    life.assigns("S024", "S016", helpers=[life.staff("S013"), life.staff("S021")])
    with life.database.writing() as session:
        third = find(session, life.work(session, "S024").actor, "CA2026-0003")
        third.due_at -= DAY
    with life.database.reading() as session:

        def first(code, size):
            return [row.number for row in urgent(session, life.work(session, code).actor, size)]

        assert first("S016", 5) == ["CA2026-0003", "CA2026-0001"]
        assert first("S021", 5) == ["CA2026-0003", "CA2026-0001", "CA2026-0002"]
        assert first("S021", 2) == ["CA2026-0003", "CA2026-0001"]
        assert first("S013", 5) == ["CA2026-0003"]
        assert first("S014", 5) == []


# Reminders


def test_R30_the_owner_is_told_the_working_day_before_the_head_at_the_date_the_managers_five_days_later(life):
    life.opens(due_on=date(2026, 12, 7))  # a Monday
    friday = datetime(2026, 12, 4, 0, 30, tzinfo=UTC)  # 08:30: the office opens
    life.reminds(friday - timedelta(hours=2))
    assert life.told("corrective_before") == []
    life.reminds(friday + timedelta(hours=1))
    life.reminds(friday + timedelta(hours=2))
    assert life.told("corrective_before") == [life.staff("S016")]
    due = datetime(2026, 12, 7, 10, tzinfo=UTC)
    life.reminds(due)
    life.reminds(due + timedelta(hours=1))
    assert life.told("corrective_due") == [life.staff("S015")]
    life.reminds(datetime(2026, 12, 14, 9, 59, tzinfo=UTC))
    assert life.told("corrective_overdue") == []
    life.reminds(datetime(2026, 12, 14, 10, tzinfo=UTC))
    assert life.told("corrective_overdue") == [life.staff("S003")]
    assert life.happened()[-3:] == ["told_before", "told_due", "told_overdue"]


def test_R30_whoever_verified_it_is_told_when_the_effect_is_to_be_checked(life):
    life.verified()
    life.reminds(life.row().effect_due_at)
    assert life.told("corrective_effect") == [life.staff("S024")]


def test_R30_the_figure_of_days_is_the_office_s(life):
    from backoffice.services.figures import change_figures, figures

    with life.database.writing() as session:
        change_figures(
            session, life.work(session, "S030").actor, life.at, {**figures(session), "effect_check_days": 30}
        )
    life.verified()
    assert life.row().effect_due_at.date() == date(2026, 12, 23)


def test_R31_what_the_indicator_of_done_in_time_needs_is_kept(life):
    life.opens(due_on=date(2026, 11, 27))
    life.finishes()
    with life.database.reading() as session:
        event = session.scalars(sa.select(CorrectiveEvent).where(CorrectiveEvent.kind == "finish")).one()
        assert event.facts == {"status": "done", "due_on": "2026-11-27", "in_time": True}


def test_R27_R30_what_a_complaint_brought_is_hidden_from_who_inspects_it_blind_until_the_result_is_published(life):
    """Owner and department would say whom the record is about; once published nothing is hidden any more."""
    life.opens(owner="S016")
    with life.database.writing() as session:
        past = InspectedPast(session)
        row = past.inspection(None, status=InspectionStatus.DRAWN, blind=True, inspector="S022")
        row.complaint_id = life.complaint_id
    sees = {code: _finds(life, code) for code in ("S022", "S023", "S016", "S015", "S024")}
    assert sees == {"S022": False, "S023": True, "S016": True, "S015": True, "S024": True}
    with life.database.writing() as session:
        row = session.scalars(sa.select(Inspection)).one()
        row.status = InspectionStatus.PUBLISHED
    assert _finds(life, "S022")


def test_R28_what_one_inspection_found_is_hidden_from_who_still_has_to_score_the_same_record(life):
    life.opens(owner="S016")
    with life.database.writing() as session:
        past = InspectedPast(session)
        first = past.inspection("60", inspector="S022")
        second = past.inspection(None, status=InspectionStatus.DRAWN, inspector="S023")
        first.complaint_id = second.complaint_id = life.complaint_id
        session.flush()
        session.execute(sa.update(CorrectiveAction).values(inspection_id=first.id))
        number = second.number
    assert [_finds(life, code) for code in ("S022", "S023", "S016", "S024")] == [True, False, True, True]
    for status, seen in ((InspectionStatus.SCORED, False), (InspectionStatus.PUBLISHED, True)):
        with life.database.writing() as session:
            session.execute(sa.update(Inspection).where(Inspection.number == number).values(status=status))
        assert _finds(life, "S023") is seen


def test_R30_who_began_it_does_not_verify_it_after_it_was_handed_over_and_is_not_asked_to(life):
    life.assigns(code="S003", owner="S024")
    life.does("S024", A.ACCEPT)
    life.does("S024", A.REPORT, text="已复核一半")
    life.does("S003", A.HAND_OVER, owner=life.staff("S016"), reason="调岗")
    life.finishes()
    assert life.told("corrective_to_verify") == [life.staff(code) for code in ("S022", "S023")]
    assert why(life.does, "S024", A.VERIFY, text="无") == ["worker_verifies"]
    life.does("S022", A.VERIFY, text="抽 10 件均无")


def _finds(life, code):
    with life.database.reading() as session:
        actor = life.work(session, code).actor
        listed_ones = [row.number for row in listed(session, actor, life.at, Which.OPEN).rows]
        found = find(session, actor, life.action) is not None
        assert found == (life.action in listed_ones) == bool(counts(session, actor, life.at)[Which.OPEN])
    return found
