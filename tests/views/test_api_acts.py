"""R1, R14: every act is asked for by the JSON API with bodies made of the fields that it tells, right and wrong ones mixed;
whatever comes, it is carried out or refused as the description says.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from backoffice.file_settings import files_of
from forms.rows import GROUPS
from policies.fields import FieldKind
from policies.vocabulary import Severity
from tests.support.api import Caller, caller
from tests.support.fuzzing import HOSTILE
from tests.support.played import Play

PEOPLE = ("S003", "S005", "S008", "S011", "S015", "S016", "S028")
TOLD = {200, 400, 403, 404, 409, 412, 413, 415, 422, 428, 429}
PROBLEM = {"type", "title", "status", "code", "detail", "reference"}
WRONG: tuple[Any, ...] = (
    *HOSTILE, 5, -1, 10**400, 1e308, 0.5, None, True, [], {}, [[]], {"a": {}}, ["x"], ["S016", "S016"], [{"text": 5}], [{"colour": "red"}],
    [{"text": "x", "amount": "-5", "expected_at": "soon"}], [{"text": "x"}] * 99, {"speed_test": {"unknown": 1}}, {"speed_test": ["x"]},
)  # fmt: skip
FEW, MANY = 1, 10
MOST_ACTS = 30
"""How many acts are asked for at the least."""


def stages(app: Any) -> list[str]:
    """Numbers of complaints that stand at different places of their lives."""
    desk = app.extensions["desk"]
    files = files_of(Path(desk.config["DATA_DIR"]))
    found = []
    for severity, course in (
        (Severity.GENERAL, ()), (Severity.MAJOR, ()), (Severity.GENERAL, ("send",)), (Severity.GENERAL, ("dispatch",)),
        (Severity.GENERAL, ("dispatch", "handle")), (Severity.GENERAL, ("dispatch", "handle", "close")),
    ):  # fmt: skip
        play = Play(desk.database, desk.keys, files)
        texts = {"severity_reason": "同一原因涉及多户"} if severity is not Severity.GENERAL else {}
        play.register(severity=severity, texts=texts)
        for step in course:
            getattr(play, step)()
        found.append(play.number)
    return found


def fitting(field: dict[str, Any], at: str, chance: Random) -> Any:
    """A value of the field's kind, one of its choices where it names some."""
    kind = FieldKind(field["kind"])
    chosen = [one["code"] for one in field["choices"] or []]
    row = {"text": "核对线路", "amount": "0", "expected_at": at}
    if kind in GROUPS:
        made: Any = [dict.fromkeys(GROUPS[kind].parts, "说明")]
    elif kind is FieldKind.STAFF_LIST:
        made = chosen[:1]
    elif chosen:
        made = chance.choice(chosen)
    else:
        made = {
            FieldKind.YES_NO: chance.random() < 0.5, FieldKind.MONEY: 0, FieldKind.MOMENT: at, FieldKind.DAY: at[:10], FieldKind.DAYS: 3,
            FieldKind.SCORE: 5, FieldKind.MEASURES: [row], FieldKind.COMPLAINT_NUMBER: "TS20261123-0001", FieldKind.FILE: None,
        }.get(kind, "说明情况")  # fmt: skip
    return made


def body_of(told: dict[str, Any], at: str, chance: Random) -> dict[str, Any]:
    """Mostly what fits; often one field that does not, sometimes one that is missing or that nobody knows."""
    fields = {one["code"]: fitting(one, at, chance) for one in told["fields"] if one["kind"] != FieldKind.FILE}
    if told["code"] == "send_order":
        fields["elements"] = {"speed_test": "3.1 Mbps"}
    codes = [*fields, "unknown"]
    lot = chance.random()
    if lot < 0.5:
        fields[chance.choice(codes)] = chance.choice(WRONG)
    elif lot < 0.6:
        fields.pop(chance.choice(codes), None)
    files = [{"name": "记录.txt", "content": "eA=="}] if any(one["code"] == "file" for one in told["fields"]) else []
    return {"fields": fields, "files": files}


def asked(app: Any, seed: int, times: int) -> tuple[Counter[str], Counter[str]]:
    """How often each act was asked for, and how often it was carried out."""
    clock, chance = app.extensions["desk"].clock, Random(seed)
    numbers = stages(app)
    clock.at += timedelta(days=3)
    at = clock.at.isoformat()
    called: Counter[str] = Counter()
    done: Counter[str] = Counter()
    for program in [caller(app, code, per_minute=6000) for code in PEOPLE]:
        for number in numbers:
            path = f"/complaints/{number}/actions"
            shown = program.get(path)
            for action in [one["code"] for one in shown.json["actions"]] if shown.status_code == 200 else ():
                if called[action] < 3 * times:
                    for _time in range(times):
                        called[action] += 1
                        done[action] += _ask(program, f"{path}/{action}", at, chance)
    return called, done


def _ask(program: Caller, path: str, at: str, chance: Random) -> bool:
    told = program.get(path)
    if told.status_code != 200:
        assert told.status_code in TOLD, told.text
        return False
    revision = program.get(path.rpartition("/actions")[0]).json["revision"]
    body = {**body_of(told.json, at, chance), "revision": revision}
    answer = program.post(path, body)
    assert answer.status_code in TOLD, (path, str(body)[:600], answer.text)
    assert answer.status_code == 200 or set(answer.json) >= PROBLEM, answer.text
    return answer.status_code == 200


@pytest.mark.parametrize(("seed", "times"), [(7, FEW), pytest.param(11, MANY, marks=pytest.mark.long)])
def test_R14_every_act_is_asked_for_with_right_and_wrong_fields_and_breaks_nothing(app, seed, times):
    called, done = asked(app, seed, times)
    assert len(called) >= MOST_ACTS, sorted(called)
    assert len(+done) >= MOST_ACTS // 3, done
