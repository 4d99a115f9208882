"""What people enter with an action, made from the kinds of its fields: mostly what fits, now and then what does not.

A field that is new is filled by its kind; only where an answer must fit the case (whom, how much, satisfied or not) is
it said here by the field or by the action.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from policies.casefacts import CaseFacts
from policies.fields import FIELD_KINDS, FieldKind
from policies.vocabulary import ContactWay, Fault, Level, Outcome, Severity
from policies.vocabulary_teamwork import PlanVote, StatementKind, StatementState

TEXTS = ("写明：已核对系统记录", "客户在家，约定晚间", "复核后一致", "The port was overloaded in the evening")
NONSENSE: Mapping[str, tuple[Any, ...]] = {
    "money": (Decimal(-1), Decimal("1e9")),
    "moment": (datetime.fromisoformat("1999-01-01T00:00+00:00"), datetime.fromisoformat("2090-01-01T00:00+00:00")),
    "department": (999_999,),
    "staff": (999_999,),
    "staff_list": ([999_999], []),
    "score": (0, 9),
    "contact_way": (ContactWay.SURVEY_LINK,),
    "complaint_number": ("TS-0000-00000", "??"),
    "measures": ([], [{"text": "", "amount": "-5"}]),
}
"""Typed as the form types them, and wrong."""


@dataclass(frozen=True)
class Scene:
    """What somebody sees who fills in a form: the case, who is there, the time."""

    facts: CaseFacts
    at: datetime
    actor_id: int | None
    receivers: tuple[int, ...]
    owners: Mapping[int, tuple[int, ...]]
    callers: tuple[int, ...]
    staff: tuple[int, ...]
    measures: tuple[int, ...]
    numbers: tuple[str, ...]
    evidence_types: tuple[str, ...]
    elements: Mapping[str, Any]


def fill(action: str, fields: tuple[str, ...], scene: Scene, chance: Random) -> dict[str, Any]:
    """Values for these fields that fit the case, by the action, the field or its kind."""
    values = {code: value_of(action, code, scene, chance) for code in fields if code != "file"}
    if action == "send_order":
        values["elements"] = dict(scene.elements)
    return {code: value for code, value in values.items() if value is not None}


def spoil(values: dict[str, Any], chance: Random) -> dict[str, Any]:
    """The same with one answer wrong or missing."""
    codes = sorted(set(values) & set(FIELD_KINDS))
    if not codes:
        return values
    code = chance.choice(codes)
    wrong = NONSENSE.get(FIELD_KINDS[code].value, ("", "  "))
    return {**values, code: chance.choice((*wrong, None))}


def value_of(action: str, code: str, scene: Scene, chance: Random) -> Any:
    maker = BY_ACTION.get((action, code)) or BY_FIELD.get(code) or BY_KIND.get(FIELD_KINDS[code], _text)
    return maker(scene, chance)


Maker = Callable[[Scene, Random], Any]


def _text(_scene: Scene, chance: Random) -> str:
    return chance.choice(TEXTS)


def _new_department(scene: Scene, chance: Random) -> int:
    fresh = [one for one in scene.receivers if one not in scene.facts.departments_had and scene.owners.get(one)]
    return chance.choice(fresh or list(scene.receivers))


def _department(scene: Scene, chance: Random) -> int:
    return chance.choice([one for one in scene.receivers if scene.owners.get(one)])


def _owner(scene: Scene, chance: Random) -> int | None:
    department = scene.facts.order.department_id if scene.facts.order else None
    able = scene.owners.get(department or 0, ())
    return chance.choice(able) if able else None


def _owners(scene: Scene, chance: Random) -> list[int]:
    one = _owner(scene, chance)
    return [] if one is None else [one]


def _caller(scene: Scene, chance: Random) -> int:
    apart = [one for one in scene.callers if one not in scene.facts.handlers_ever]
    return chance.choice(apart or list(scene.callers))


def _amount(scene: Scene, chance: Random) -> Decimal:
    if scene.facts.fault is Fault.UNREASONABLE:
        return Decimal(0)
    return chance.choice([Decimal(0), Decimal(40), Decimal(400), Decimal(3000), Decimal(9000)])


def _approved(scene: Scene, _chance: Random) -> Decimal:
    return scene.facts.approved_compensation or Decimal(0)


def _severity(scene: Scene, chance: Random) -> str:
    return chance.choice([one for one in Severity if one is not scene.facts.severity or chance.random() < 0.3]
                         or list(Severity)).value  # fmt: skip


def _evidence_type(scene: Scene, chance: Random) -> str:
    wanted = set(scene.facts.at.required_evidence) - scene.facts.evidence if scene.facts.at else set()
    known = sorted(wanted & set(scene.evidence_types))
    return chance.choice(known) if known else chance.choice(scene.evidence_types)


def _since(scene: Scene, _chance: Random) -> datetime:
    return scene.at


def _later(scene: Scene, chance: Random) -> datetime:
    return scene.at + timedelta(days=chance.choice((2, 5, 9)))


def _measures(scene: Scene, chance: Random) -> list[dict[str, Any]]:
    return [{"text": chance.choice(TEXTS)} for _ in range(chance.choice((1, 1, 2)))]


def _number(scene: Scene, chance: Random) -> str:
    return chance.choice(scene.numbers) if scene.numbers else "TS-0000-00000"


def _statement(state: StatementState) -> Maker:
    def maker(scene: Scene, chance: Random) -> str | None:
        there = [one.id for one in scene.facts.teamwork.statements if one.state is state]
        return str(chance.choice(there)) if there else None

    return maker


def _reviewers(scene: Scene, chance: Random) -> list[int]:
    """Two who can open the complaint, neither its writer nor named already."""
    named = {ballot.staff_id for ballot in scene.facts.teamwork.ballots} | {scene.facts.plan_author_id}
    able = [
        one for one in (*scene.callers, *(one for some in scene.owners.values() for one in some)) if one not in named
    ]
    return chance.sample(sorted(set(able)), 2)


def _open_reviewer(scene: Scene, chance: Random) -> int | None:
    there = [ballot.staff_id for ballot in scene.facts.teamwork.ballots if ballot.open and ballot.staff_id]
    return chance.choice(there) if there else None


def _corrective(scene: Scene, chance: Random) -> list[dict[str, Any]]:
    words = chance.choice(TEXTS)
    row = {"title": words, "type": "rule_change", "root_cause": words, "expected_effect": words}
    return [{**row, "owner": chance.choice(scene.staff)}]


def _leader(scene: Scene, chance: Random) -> int:
    """Somebody who heads no department of the case."""
    heads = set(scene.facts.teamwork.heads.values())
    callers = [one for one in scene.callers if one not in heads]
    return chance.choice(callers or list(scene.staff))


BY_KIND: Mapping[FieldKind, Maker] = {
    FieldKind.PLAN_VOTE: lambda _scene, chance: chance.choice((PlanVote.AGREE, PlanVote.AGREE_WITH_CHANGES)),
    FieldKind.STATEMENT_KIND: lambda _scene, chance: chance.choice(list(StatementKind)),
    FieldKind.STATEMENT: _statement(StatementState.DRAFT),
    FieldKind.EXPERTS: lambda _scene, _chance: [{"name": "外聘甲", "organisation": "学院", "field": "网络"}],
    FieldKind.CORRECTIVE_ACTION: _corrective,
    FieldKind.CORRECTIVE_ACTIONS: _corrective,
    FieldKind.MONEY: _amount,
    FieldKind.MOMENT: _later,
    FieldKind.YES_NO: lambda _scene, chance: chance.random() < 0.9,
    FieldKind.SCORE: lambda _scene, chance: chance.choice((4, 5)),
    FieldKind.CATEGORY: lambda _scene, chance: chance.choice(("net_broadband_slow", "net_broadband_down")),
    FieldKind.SEVERITY: _severity,
    FieldKind.LEVEL: lambda _scene, chance: chance.choice(list(Level)).value,
    FieldKind.DEPARTMENT: _department,
    FieldKind.STAFF: lambda scene, chance: chance.choice(scene.staff),
    FieldKind.STAFF_LIST: lambda scene, chance: chance.sample(scene.staff, 2),
    FieldKind.CAUSE: lambda _scene, chance: chance.choice(("network_capacity", "staff_error", "customer_side")),
    FieldKind.FAULT: lambda _scene, chance: chance.choice([one for one in Fault if one is not Fault.UNREASONABLE]),
    FieldKind.OUTCOME: lambda _scene, _chance: Outcome.RESOLVED.value,
    FieldKind.CONTACT_WAY: lambda _scene, chance: chance.choice((ContactWay.PHONE, ContactWay.VISIT)),
    FieldKind.MEASURES: _measures,
    FieldKind.EVIDENCE_TYPE: _evidence_type,
    FieldKind.COMPLAINT_NUMBER: _number,
    FieldKind.ATTEMPTS: lambda scene, _chance: scene.facts.attempts,
}
BY_FIELD: Mapping[str, Maker] = {
    "at": _since,
    "result_told_at": _since,
    "contained_at": _since,
    "owner": _owner,
    "co_handlers": _owners,
    "caller_back": _caller,
    "check_decision": lambda _scene, _chance: "accepted",
    "approval_decision": lambda _scene, _chance: "approved",
    "extension_days": lambda _scene, _chance: 1,
    "extension_until": lambda _scene, _chance: None,
    "extension_reason": lambda scene, chance: chance.choice(sorted(scene.facts.extension.reasons)),
    "reviewers": _reviewers,
    "reviewer": _open_reviewer,
    "task_force_leader": _leader,
    "corrects": lambda _scene, _chance: None,
    "reached": lambda _scene, _chance: True,
    "apologised": lambda _scene, chance: chance.random() < 0.95,
}
_NOT_SOLVED = {"resolved_flag": lambda _scene, _chance: False,
               "satisfaction": lambda _scene, chance: chance.choice((1, 2, 3))}  # fmt: skip
BY_ACTION: Mapping[tuple[str, str], Maker] = {
    ("publish_statement", "statement"): _statement(StatementState.APPROVED),
    ("transfer", "department"): _new_department,
    ("carry_out_again", "compensation_amount"): _approved,
    ("solve_at_first_contact", "compensation_amount"): lambda _scene, chance: chance.choice((Decimal(0), Decimal(50))),
    ("tick_measure", "measure"): lambda scene, chance: str(chance.choice(scene.measures)) if scene.measures else None,
    ("confirm_satisfied", "resolved_flag"): lambda _scene, _chance: True,
    **{(action, code): make for action in ("report_unsatisfied", "hand_over") for code, make in _NOT_SOLVED.items()},
}
