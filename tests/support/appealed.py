"""A published inspection with marks, for tests of what comes after publication: hand-made rows, the score reckoned by
the rules of the card.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from backoffice.models.inspection import Inspection, InspectionMark, Scorecard
from backoffice.models.office import Staff
from backoffice.queries.inspection_rules import scoring_rules
from backoffice.queries.rulebook import Rulebook
from policies.card import marks_of, parse_card
from policies.scorecard import is_hit, score_card
from tests.support.inspections import HANDLER, INSPECTOR, Inspected

COUNTS_FOR = {
    "intake_clerk": "S005",
    "dispatcher": "S008",
    "department_head": "S015",
    "handler": HANDLER,
    "archivist": "S028",
    "speaker": "S005",
}
LEVELS: Mapping[str, int | None] = {
    "rec_basic": 100, "rec_5w1h": 50, "rec_class": 100, "rec_read_back": None, "pro_check": 100, "pro_elements": 100,
    "pro_no_reverse": None, "pro_investigate": 50, "pro_plan": 100, "tim_ack": 100, "tim_steps": 50,
    "tim_resolve": 100, "res_solved": 100, "res_lesson": 50, "ton_written": 100, "ton_progress": 100,
}  # fmt: skip
"""The worked example of the office's scorecard: 84.24 points, 92 of weight, 7750 weighted points."""
REMARKS = {"pro_investigate": "未附责任认定依据，客户13900004172来电已说明", "tim_steps": "首次响应超时 20 分钟"}


def publish(
    scene: Inspected,
    *,
    levels: Mapping[str, int | None] = LEVELS,
    fatal_hits: tuple[str, ...] = (),
    remarks: Mapping[str, str] = REMARKS,
    appeal_until: datetime | None = None,
    inspector: str = INSPECTOR,
    **more: Any,
) -> str:
    """Draw, mark and publish the scene's complaint; gives the inspection's number."""
    if appeal_until is not None:
        more["appeal_until"] = appeal_until
    number = scene.published(inspector, **more)
    with scene.database.writing() as session:
        row = session.scalars(sa.select(Inspection).where(Inspection.number == number)).one()
        card = parse_card(session.get_one(Scorecard, row.card_id).definition)
        marks = marks_of(card, levels, fatal_hits)
        score = score_card(card, marks, scoring_rules(Rulebook(session)))
        row.score, row.result, row.fatal = score.score, score.result, bool(score.fatal_hits)
        row.applied_weight, row.weighted_points = score.applied_weight, score.weighted_points
        staff = dict(session.execute(sa.select(Staff.code, Staff.id)).all())
        one = scene.look(session, inspector, number)
        for item in card.items:
            mark = InspectionMark(
                inspection_id=row.id,
                round=0,
                item=item.code,
                percent=marks[item.code].percent,
                fatal=is_hit(item, marks[item.code]),
                staff_id=staff[COUNTS_FOR[item.attributed_to]],
            )
            one.seal_remark(mark, remarks.get(item.code, ""))
            session.add(mark)
    return number


def marked(scene: Inspected, number: str, round_: int = 0) -> dict[str, Decimal | None]:
    """Item → its percent in a round."""
    with scene.database.reading() as session:
        rows = scene.look(session, "S022", number).marks(round_)
        return {item: row.percent for item, row in rows.items()}
