"""R1: calls made from the API's own description: what it allows is carried out, what it does not allow is refused, every
answer is as described, and nothing breaks.

The description is the one that a program is given; only what no description can know is put in: the numbers that there
are, a moment that is past, the revision that stands.
"""

from __future__ import annotations

import itertools
from collections import Counter
from random import Random
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support.api import NEW, caller

AS_DESCRIBED = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
QUIET = list(HealthCheck)
FEW, MANY = 6, 150
CALLS = 12
"""How many calls the API has at the least."""


class Desk:
    """An office with a complaint, a file and a draft, and the description that it serves."""

    def __init__(self, app: Any) -> None:
        self.program = caller(app, "S003", per_minute=6000)
        self.chance, self.keys = Random(7), itertools.count(1)
        made = self.program.post("/complaints", {**NEW, "files": [{"name": "a.txt", "content": "eA=="}]})
        self.number = made.json["number"]
        draft = self.program.post("/complaints", {"channel": "wechat", "what": "断网"}).json["draft"]
        shown = self.program.get(f"/complaints/{self.number}").json
        self.there = {"number": self.number, "file_id": shown["files"][0]["id"], "draft_id": draft}
        described = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app, headers=self.program.headers)
        self.operations = [one.ok() for one in described.get_all_operations()]

    def call(self, case: Any) -> Any:
        return case.call(headers=self.program.headers)

    def put_in(self, case: Any) -> None:
        """What no description can know."""
        for name in case.path_parameters:
            if name in self.there:
                case.path_parameters[name] = self.there[name]
        if case.operation.method.upper() == "POST":
            case.headers = {**(case.headers or {}), "Idempotency-Key": f"a-call-of-many-{next(self.keys)}"}
        getattr(self, f"_{case.operation.definition.raw['operationId']}", lambda _case: None)(case)

    def _list_complaints(self, case: Any) -> None:
        for name in ("at", "department", "owner"):
            case.query.pop(name, None)

    def _read_action(self, case: Any) -> None:
        offered = self.program.get(f"/complaints/{self.number}/actions").json["actions"]
        case.path_parameters["action"] = self.chance.choice(offered)["code"]

    def _act_on_complaint(self, case: Any) -> None:
        made = self.program.post("/complaints", NEW).json
        case.path_parameters |= {"number": made["number"], "action": "acknowledge"}
        (case.headers or {}).pop("If-Match", None)
        case.body = {"revision": made["revision"], "fields": {"way": "phone"}}

    def _attach_files(self, case: Any) -> None:
        self._files(case.body)

    def _create_complaint(self, case: Any) -> None:
        """The rules want a phone, a past moment, a category's usual grading; the rest is as it comes."""
        known = ("contact_phone", "received_at", "what", "category", "severity", "channel")
        case.body |= {name: {**NEW, "severity": "general"}[name] for name in known}
        for name in ("symptom", "email", "preferred_contact", "occurred_at", "call_started_at", "bought_on"):
            if self.chance.random() < 0.9:
                case.body.pop(name, None)
        self._files(case.body)

    def _files(self, body: dict[str, Any]) -> None:
        for place, one in enumerate(body.get("files") or []):
            one |= {"name": f"file-{place}.txt", "content": "eA=="}

    def _reveal_customer(self, case: Any) -> None:
        case.body["reason"] = f"call {case.body['reason']}"[:400]


def examples(operation: Any, mode: GenerationMode, most: int) -> Any:
    def decorated(test: Any) -> Any:
        quietly = settings(
            max_examples=most, deadline=None, database=None, derandomize=True, suppress_health_check=QUIET
        )
        return quietly(given(case=operation.as_strategy(generation_mode=mode))(test))

    return decorated


def carried_out(desk: Desk, most: int) -> dict[str, Counter[int]]:
    """How each call of the description was answered."""
    found: dict[str, Counter[int]] = {}
    for operation in desk.operations:
        counted = found.setdefault(operation.definition.raw["operationId"], Counter())

        @examples(operation, GenerationMode.POSITIVE, most)
        def calls(case: Any) -> None:
            desk.put_in(case)
            answer = desk.call(case)
            counted[answer.status_code] += 1  # noqa: B023 (called before the next operation's turn)
            case.validate_response(answer, checks=AS_DESCRIBED)

        calls()
    return found


def refused(desk: Desk, most: int) -> Counter[int]:
    """How calls were answered that are not as the description allows."""
    counted: Counter[int] = Counter()
    for operation in desk.operations:

        @examples(operation, GenerationMode.NEGATIVE, most)
        def calls(case: Any) -> None:
            answer = desk.call(case)
            counted[answer.status_code] += 1
            case.validate_response(answer, checks=[*AS_DESCRIBED, negative_data_rejection])

        calls()
    return counted


@pytest.mark.parametrize("most", [FEW, pytest.param(MANY, marks=pytest.mark.long)])
def test_R1_what_the_description_allows_is_carried_out_and_answered_as_it_says(app, most):
    desk = Desk(app)
    assert len(desk.operations) >= CALLS
    found = carried_out(desk, most)
    assert [name for name, counted in found.items() if not any(status < 300 for status in counted)] == []
    good = sum(count for counted in found.values() for status, count in counted.items() if status < 300)
    assert good * 2 >= sum(sum(counted.values()) for counted in found.values()), found


@pytest.mark.parametrize("most", [FEW, pytest.param(MANY, marks=pytest.mark.long)])
def test_R1_what_the_description_does_not_allow_is_refused_as_it_says(app, most):
    counted = refused(Desk(app), most)
    assert sum(counted.values()) >= CALLS
