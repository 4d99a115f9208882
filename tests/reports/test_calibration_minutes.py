"""R28: the minutes of a calibration session on paper: what is in them, who gets them and when, and that it is logged."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from backoffice.errors import DomainError
from backoffice.models.history import AccessEvent
from backoffice.reports.sheet import print_sheet
from backoffice.services import calibration as service
from backoffice.services.calibration_minutes import take_minutes
from policies.card import Mark
from tests.support.calibrations import APART
from tests.support.inspections import (
    HANDLER,
    INSPECTOR,
    KEYS,
    MANAGER,
    SECOND,
    Inspected,
    entered,
    with_an_archived_complaint,
)
from views.language import say


@pytest.fixture
def scene(templates, tmp_path):
    with templates.copy("sqlite", with_an_archived_complaint, tmp_path) as database:
        yield Inspected(database, KEYS, tmp_path / "files").resumed()


def closed(scene, members=(INSPECTOR, SECOND)):
    with scene.database.reading() as session:
        card_id = next(iter(service.cards(scene.work(session, MANAGER))))
    people = tuple(scene.play.staff(one) for one in members)
    facts = service.Call(scene.play.number, card_id, people, scene.at + timedelta(days=7))
    number = scene.do(MANAGER, service.call, facts).number
    first = {**entered().marks, "rec_5w1h": Mark(50, remark="周㛃敏的电话 13900004172 没有复述")}
    for code in members:
        scene.do(code, service.score, number, first if code == INSPECTOR else dict(entered(APART).marks))
    said = "缺两项要素按零分计，周㛃敏 13900004172 可证。"
    scene.do(MANAGER, service.close, number, said, dict(entered({"rec_5w1h": 0}).marks))
    return number


def words(paper, read):
    printed = print_sheet(paper, lambda message: say(message, paper.language))
    return printed, read(printed.data, "-layout")


def test_R28_the_minutes_tell_members_marks_agreement_discussion_and_standard(scene, printing, read_back):
    number = closed(scene)
    paper = scene.do(MANAGER, take_minutes, number, "zh_Hans")
    printed, text = words(paper, read_back)
    for said in (
        "校准会纪要", number, scene.play.number, "主动选取", "84.24", "80.98", "+3.26",  # 84.24 less 80.98
        "缺两项要素按零分计", "没有复述", "n=1", "kappa", "统一标准",
    ):  # fmt: skip
        assert said in text, said
    for customer in ("13900004172", "周㛃敏"):
        assert customer not in text
    assert printed.data.startswith(b"%PDF-")
    assert printed.pages <= 3
    _, english = words(scene.do(INSPECTOR, take_minutes, number, "en"), read_back)
    assert "Minutes of a calibration session" in english


def test_R40_each_print_of_minutes_is_in_the_access_chain(scene, printing):
    number = closed(scene)
    scene.do(MANAGER, take_minutes, number, "zh_Hans")
    with scene.database.reading() as session:
        [event] = session.scalars(sa.select(AccessEvent).where(AccessEvent.kind == "calibration_print"))
    assert number in str(event.body)
    assert event.complaint_id == scene.play.complaint_id


def refused(scene, code, number):
    with pytest.raises(DomainError) as error:
        scene.do(code, take_minutes, number, "zh_Hans")
    return error.value.refusals[0].key.rpartition(".")[2], error.value.status


def test_R39_minutes_are_for_inspectors_and_of_what_is_closed(scene, printing):
    with scene.database.reading() as session:
        card_id = next(iter(service.cards(scene.work(session, MANAGER))))
    people = tuple(scene.play.staff(one) for one in (INSPECTOR, SECOND))
    facts = service.Call(scene.play.number, card_id, people, scene.at + timedelta(days=7))
    number = scene.do(MANAGER, service.call, facts).number
    assert refused(scene, MANAGER, number) == ("not_closed", 409)
    assert refused(scene, HANDLER, number) == ("permission", 403)
    assert refused(scene, MANAGER, "JZ2026-999") == ("not_found", 404)
    done = closed(scene)
    scene.drawn(SECOND, blind=True)  # who is to judge the record blind later on learns nothing of it here
    assert refused(scene, SECOND, done) == ("blind", 403)


def test_R28_many_members_stand_in_tables_of_a_few_each(scene, printing, read_back):
    number = closed(scene, members=(INSPECTOR, SECOND, MANAGER))
    _, text = words(scene.do(MANAGER, take_minutes, number, "zh_Hans"), read_back)
    assert "n=3" in text  # three members: three pairs for each item
