"""R21: the questions of the survey are kept by an administrator, with a line in the log, on both databases."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.history import ReferenceChange
from backoffice.models.office import Staff
from backoffice.queries import survey_questions as queries
from backoffice.queries.actor import load_actor
from backoffice.services import survey_questions as service
from tests.support.played import RECEIVED


def save(database, code="S030", **changed):
    with database.writing() as session:
        actor = load_actor(session, session.scalar(sa.select(Staff.id).where(Staff.code == code)))
        return service.save(session, actor, RECEIVED, {**queries.texts(session), **changed})


def asked(database):
    with database.reading() as session:
        return [(one.code, one.text.zh) for one in queries.questions(session)]


def test_R21_until_the_office_words_them_its_default_questions_are_asked(office_database):
    assert asked(office_database) == [
        ("resolved_flag", "您的问题解决了吗？"),
        ("satisfaction", "您对处理结果满意吗？（1 很不满意 — 5 很满意）"),
        ("attitude_score", "您对工作人员的态度满意吗？"),
        ("speed_score", "您对处理速度满意吗？"),
        ("comment", "您还希望我们做什么？"),
    ]


def test_R21_what_is_saved_is_asked_from_then_on_and_stands_in_the_log_with_what_was_asked_before(office_database):
    assert save(office_database, speed_score_zh="", speed_score_en="", attitude_score_zh="接电话的人\n耐心吗？")
    assert [code for code, _text in asked(office_database)] == [
        "resolved_flag", "satisfaction", "attitude_score", "comment",
    ]  # fmt: skip
    assert ("attitude_score", "接电话的人 耐心吗？") in asked(office_database)
    assert not save(office_database)
    with office_database.reading() as session:
        line = session.scalars(sa.select(ReferenceChange).where(ReferenceChange.subject == service.SUBJECT)).one()
        assert line.changes["survey_speed_score_zh"] == ["您对处理速度满意吗？", ""]
        assert set(line.changes) == {"survey_speed_score_zh", "survey_speed_score_en", "survey_attitude_score_zh"}


@pytest.mark.parametrize(("code", "changed", "status"), [("S030", {"comment_zh": ""}, 422), ("S005", {}, 403)])
def test_R21_what_makes_no_sense_and_who_may_not_keep_nothing(office_database, code, changed, status):
    before = asked(office_database)
    with pytest.raises(DomainError) as error:
        save(office_database, code, **{"attitude_score_zh": "态度？", **changed})
    assert error.value.status == status
    assert asked(office_database) == before
