"""The demonstration's appraisal (R33): a locked month that holds, one that stands half way, once; and training (R34)
asked for or not.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from backoffice.jobs.demonstration.appraising import play_appraisal
from backoffice.jobs.demonstration.schooling import play_training
from backoffice.jobs.demonstration.told_cases import Player
from backoffice.models.appraisal import AppraisalAppeal, AppraisalManualLine, AppraisalPeriod, AppraisalSheet
from backoffice.models.configuration import Setting
from backoffice.queries.appraisal_check import verify_appraisal
from policies.vocabulary_appraisal import LineKind, LineState, PeriodState, SheetStatus
from tests.support.inspections import KEYS

AT = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)  # Friday 11:00 in Shanghai


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize("required", [True, False], ids=["entry training asked for", "not asked for"])
def test_R33_the_demonstration_has_a_locked_month_and_one_half_way(office_database, tmp_path, required):
    with office_database.writing() as session:
        rules = session.get_one(Setting, "training")
        rules.value = {**rules.value, "required": required}
    player = Player(office_database, KEYS, tmp_path / "files")
    play_training(player, AT)
    assert play_appraisal(player, tmp_path, AT) == ["2026-09", "2026-10"]
    with office_database.reading() as session:
        older, newer = session.scalars(sa.select(AppraisalPeriod).order_by(AppraisalPeriod.month)).all()
        assert (older.state, newer.state) == (PeriodState.LOCKED, PeriodState.COMPUTED)
        assert older.locked_at < newer.computed_at < AT
        at = set(session.scalars(sa.select(AppraisalSheet.status).where(AppraisalSheet.period_id == newer.id)))
        assert at >= {SheetStatus.COMPUTED, SheetStatus.CHECKED, SheetStatus.PUBLISHED, SheetStatus.ACKNOWLEDGED}
        silent = sa.select(sa.func.count()).where(AppraisalSheet.acknowledged_silently.is_(True))
        assert session.scalar(silent)
        lines = {(row.month, row.kind, row.state) for row in session.scalars(sa.select(AppraisalManualLine))}
        assert lines >= {
            ("2026-09", LineKind.ADJUSTMENT, LineState.APPROVED),
            ("2026-09", LineKind.REWARD, LineState.APPROVED),
            ("2026-09", LineKind.ADJUSTMENT, LineState.REFUSED),
            ("2026-10", LineKind.ADJUSTMENT, LineState.PROPOSED),
        }
        appeals = session.scalars(sa.select(AppraisalAppeal).order_by(AppraisalAppeal.id)).all()
        assert [one.decided_at is not None for one in appeals] == [True, False]
        assert verify_appraisal(session, KEYS.chain)[1] == []
    assert play_appraisal(player, tmp_path, AT) == []
