"""Inspections of the past as bare rows, for tests of figures and lists: told in a line, without playing their life."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.models.inspection import Inspection, InspectionAppeal, InspectionMark, Scorecard
from backoffice.models.sampling import Draw, SamplingPlan
from policies.vocabulary_inspection import AppealResult, DrawState, InspectionStatus
from tests.support.scenes import complaint, department, staff

SEPTEMBER = datetime(2026, 9, 15, 4, 0, tzinfo=UTC)  # noon in Shanghai
CARD = "record_process_card"


class InspectedPast:
    """Puts inspections into a database whose office is the default one."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._numbers = itertools.count(1)
        self._draws: dict[str, Draw] = {}
        self._complaint = complaint(session, "TS20260801-0001", SEPTEMBER - timedelta(days=40))

    def card(self, code: str = CARD) -> Scorecard:
        return self.session.scalars(sa.select(Scorecard).where(Scorecard.code == code)).one()

    def draw(self, plan: str = "monthly_regular", **more) -> Draw:
        """The draw of a plan, made once."""
        if plan not in self._draws:
            row = self.session.scalars(sa.select(SamplingPlan).where(SamplingPlan.code == plan)).one()
            self._draws[plan] = Draw(
                **{
                    "plan_id": row.id, "plan_code": plan, "period_label": "2026-08", "period_from": date(2026, 8, 1),
                    "period_until": date(2026, 8, 31), "sequence": 1, "state": DrawState.DRAWN, "query": {}, "method": "sha256",
                    "population_count": 400, "population_sha256": "0" * 64, "drawn_count": 20, "seed": f"{plan}/2026-08/1/0a1b2c3d",
                    "exclusions": {"outcome": 3}, "frozen_at": SEPTEMBER - timedelta(days=13), "drawn_at": SEPTEMBER - timedelta(days=13), **more,
                }
            )  # fmt: skip
            self.session.add(self._draws[plan])
            self.session.flush()
        return self._draws[plan]

    def inspection(
        self,
        score: str | None = "100",
        marks: dict[str, int | None] | None = None,
        *,
        of: str = "network",
        subject: str = "S012",
        inspector: str = "S022",
        status: InspectionStatus = InspectionStatus.FINAL,
        final_at: datetime = SEPTEMBER,
        plan: str = "monthly_regular",
        card: str = CARD,
        fatal: tuple[str, ...] = (),
        pair_of: Inspection | None = None,
        result: str = "good",
        **more,
    ) -> Inspection:
        """One inspection; published three days before it was final, due the day after it was published."""
        number = next(self._numbers)
        published = final_at - timedelta(days=3)
        told = status.is_published
        row = Inspection(
            **{
                "number": f"QI2026-{number:04}", "draw_id": self.draw(plan).id, "complaint_id": self._complaint.id,
                "unit_key": f"TS20260801-{number:04}", "position": number, "stratum": subject, "card_id": self.card(card).id,
                "subject_id": staff(self.session, subject).id, "department_id": department(self.session, of).id,
                "inspector_id": staff(self.session, inspector).id, "status": status, "assigned_at": published - timedelta(days=5),
                "due_at": published + timedelta(days=1), "scored_at": published if score is not None else None,
                "published_at": published if told else None, "final_at": final_at if status is InspectionStatus.FINAL else None,
                "score": None if score is None else Decimal(score), "result": None if score is None else result, "fatal": bool(fatal),
                "pair_of_id": pair_of.id if pair_of else None, **more,
            }
        )  # fmt: skip
        self.session.add(row)
        self.session.flush()
        for item, percent in (marks or {}).items():
            self.mark(row, item, percent)
        for item in fatal:
            self.mark(row, item, 0, fatal=True)
        return row

    def mark(self, row: Inspection, item: str, percent: int | None, *, turn: int = 0, fatal: bool = False) -> None:
        """What an item got; ``turn`` 1: after the appeal."""
        value = None if percent is None else Decimal(percent)
        self.session.add(InspectionMark(inspection_id=row.id, round=turn, item=item, percent=value, fatal=fatal))
        self.session.flush()

    def appeal(self, row: Inspection, result: AppealResult | None, old: str = "80", new: str = "90") -> None:
        """The appeal of the inspected, decided two days later."""
        at = SEPTEMBER - timedelta(days=2)
        self.session.add(
            InspectionAppeal(
                inspection_id=row.id, by_id=row.subject_id, submitted_at=at, decide_due_at=at + timedelta(days=5),
                decider_id=staff(self.session, "S023").id if result else None, decided_at=at + timedelta(days=2) if result else None,
                result=result, old_score=Decimal(old), new_score=Decimal(new) if result else None, sealed=b"",
            )
        )  # fmt: skip
        self.session.flush()
