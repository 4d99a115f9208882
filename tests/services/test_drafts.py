"""R40: what somebody types is kept until they send it, sealed, for them alone; on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.keys import Keys
from backoffice.models.complaint import Complaint
from backoffice.models.draft import Draft
from backoffice.queries import drafts as queries
from backoffice.services import drafts
from backoffice.services.core import draft_words
from backoffice.services.drafts import EndedError, Opened
from tests.support.played import RECEIVED, Play

KEYS = Keys.fresh()
WORDS = "客户周㛃敏说晚上掉线"
TYPED = [("what", WORDS, "经过"), ("csrf_token", "t", ""), ("revision", "3", "")]


@pytest.fixture
def play(office_database, tmp_path):
    played = Play(office_database, KEYS, tmp_path / "files")
    played.register()
    played.dispatch()
    return played


def form(play, sitting="one", number=None, path=""):
    number = play.number if number is None else number
    path = path or f"/complaints/{number}/record_progress"
    return Opened(sitting, path, path, "记录进展", RECEIVED, number)


def keep(play, code="S016", sitting="one", typed=TYPED, at=RECEIVED, **more):
    of = more.pop("of", None) or form(play, sitting)
    with play.database.writing() as session:
        drafts.keep(session, KEYS, play.work(session, code).actor, at, of, typed, **more)


def found(play, code="S016", at=RECEIVED):
    with play.database.reading() as session:
        rows = queries.mine(session, play.work(session, code).actor, at)
    return [draft_words.opened(KEYS, row.sitting, row.sealed, row.bound) for row in rows]


def rows(play):
    with play.database.reading() as session:
        return list(session.scalars(sa.select(Draft).order_by(Draft.id)))


def test_R40_what_was_typed_last_is_found_again_by_who_typed_it_and_by_nobody_else(play):
    keep(play, typed=[("what", "客户", "经过")])
    keep(play, at=RECEIVED + timedelta(seconds=5))
    (content,) = found(play)
    assert content["typed"] == [["what", WORDS, "经过"], ["revision", "3", ""]]
    assert (content["title"], content["page"]) == ("记录进展", f"/complaints/{play.number}/record_progress")
    assert found(play, "S015") == found(play, "S002") == []


def test_R39_nothing_of_it_lies_in_clear_and_it_goes_with_the_key_of_its_complaint(play):
    keep(play)
    (row,) = rows(play)
    assert WORDS.encode() not in bytes(row.sealed)
    with play.database.writing() as session:
        session.execute(sa.update(Complaint).values(sealed_key=None))
    assert found(play) == [None]


def test_R39_what_belongs_to_no_complaint_is_sealed_by_the_office(play):
    keep(play, "S005", of=form(play, number="", path="/intake/new"))
    assert rows(play)[0].complaint_id is None
    assert found(play, "S005")[0]["typed"][0][1] == WORDS


def test_R40_two_openings_of_one_form_keep_a_draft_each(play):
    keep(play, sitting="one")
    keep(play, sitting="two", typed=[("what", "另一个来电", "")], at=RECEIVED + timedelta(minutes=1))
    assert [one["typed"][0][1] for one in found(play)] == ["另一个来电", WORDS]


def test_R40_a_form_that_was_carried_out_has_no_draft_and_a_late_word_makes_none(play):
    keep(play)
    with play.database.writing() as session:
        drafts.end(session, play.work(session, "S016").actor, RECEIVED, form(play))
    assert found(play) == []
    assert rows(play)[0].sealed is None
    with pytest.raises(EndedError):
        keep(play, at=RECEIVED + timedelta(minutes=1))
    assert found(play) == []


def test_R40_a_word_that_comes_only_after_its_form_was_carried_out_makes_no_draft(play):
    with play.database.writing() as session:
        drafts.end(session, play.work(session, "S016").actor, RECEIVED, form(play))
    with pytest.raises(EndedError):
        keep(play)
    assert [row.sealed for row in rows(play)] == [None]
    assert found(play) == []
    with play.database.writing() as session:
        assert drafts.clear(session, RECEIVED + timedelta(days=1, seconds=1)) == 1


def test_R39_what_anybody_typed_into_a_form_goes_when_its_matter_is_done(play):
    keep(play, "S016")
    keep(play, "S015", sitting="two")
    keep(play, "S016", sitting="other", of=form(play, "other", path="/elsewhere"))
    with play.database.writing() as session:
        drafts.end_all(session, RECEIVED, form(play).form)
    assert [row.sealed is None for row in rows(play)] == [True, True, False]
    assert found(play, "S015") == []


def test_R39_a_draft_of_a_complaint_that_can_be_seen_no_more_is_not_shown_and_takes_nothing_more(play):
    keep(play, "S016")
    with play.database.writing() as session:
        session.execute(sa.update(Complaint).values(confidential=True))
        session.execute(sa.text("DELETE FROM complaint_person WHERE staff_id = :one"), {"one": play.staff("S016")})
        session.execute(sa.text("DELETE FROM complaint_department"))
    assert found(play, "S016") == []
    with pytest.raises(DomainError) as refused:
        keep(play, "S016", at=RECEIVED + timedelta(minutes=1))
    assert refused.value.status == 404


def test_R39_nobody_throws_away_what_another_has_typed(play):
    keep(play)
    draft_id = rows(play)[0].id
    with pytest.raises(DomainError) as refused, play.database.writing() as session:
        drafts.discard(session, play.work(session, "S015").actor, draft_id)
    assert refused.value.status == 404
    with play.database.writing() as session:
        drafts.discard(session, play.work(session, "S016").actor, draft_id)
    assert rows(play) == []


def test_R40_none_is_thrown_away_for_another_one(play):
    for n in range(60):
        keep(play, sitting=f"s{n}", typed=[("what", "x", "")])
    with pytest.raises(DomainError) as refused:
        keep(play, sitting="one more", typed=[("what", "x", "")])
    assert refused.value.refusals[0].key == "drafts.refused.many"
    assert len(found(play)) == 60


def test_R40_a_post_without_the_names_of_its_fields_keeps_those_that_the_page_gave(play):
    keep(play)
    keep(play, typed=[("what", "改过", "")], pressed=True)
    assert found(play)[0]["typed"] == [["what", "改过", "经过"]]


def test_R39_what_had_its_time_is_cleared_away(play):
    keep(play, sitting="old")
    keep(play, sitting="done", at=RECEIVED + timedelta(days=10))
    with play.database.writing() as session:
        drafts.end(session, play.work(session, "S016").actor, RECEIVED, form(play, "done"))
    keep(play, sitting="new", at=RECEIVED + timedelta(days=13))
    with play.database.writing() as session:
        assert drafts.clear(session, RECEIVED + timedelta(days=14, seconds=1)) == 2
    assert [row.sitting for row in rows(play)] == ["new"]


def test_R40_a_form_is_of_one_person_alone_though_its_name_is_known(play):
    keep(play, "S016")
    keep(play, "S015", of=replace(form(play), title="x"))
    assert len(rows(play)) == 2
