"""R1: calls with what no program should send are answered and break nothing."""

from __future__ import annotations

import json
from collections import Counter
from random import Random

import pytest

from tests.support.api import NEW, caller
from tests.support.fuzzing import BODIES, HEADERS, HOSTILE

NUMBER = "TS20261123-0001"
WRITES = (
    "/complaints",
    f"/complaints/{NUMBER}/reveal",
    f"/complaints/{NUMBER}/actions/acknowledge",
    f"/complaints/{NUMBER}/files",
)
LOOKS = (
    "/complaints",
    f"/complaints/{NUMBER}",
    f"/complaints/{NUMBER}/history",
    f"/complaints/{NUMBER}/actions/acknowledge",
)
NAMES = (
    *NEW,
    "symptom",
    "email",
    "external_number",
    "call_seconds",
    "files",
    "read_back",
    "revision",
    "fields",
    "reason",
    "unknown",
)
VALUES = (
    *HOSTILE,
    5,
    -1,
    10**400,
    1e308,
    0.5,
    None,
    True,
    [],
    {},
    [[]],
    {"a": {}},
    ["x"],
    [{"name": "a.txt", "content": "eA=="}],
)
ASKED = (
    "list",
    "sort",
    "q",
    "status",
    "category",
    "channel",
    "owner",
    "due",
    "received_from",
    "at",
    "size",
    "after",
    "x",
)


def bodies(chance):
    """Mostly a true body with one false value, sometimes no JSON at all."""
    if chance.random() < 0.3:
        return chance.choice(BODIES)
    body = chance.choice([NEW, {"reason": "x"}, {"fields": {"way": "phone"}, "revision": 1}])
    return "application/json", json.dumps({**body, chance.choice(NAMES): chance.choice(VALUES)}).encode()


@pytest.mark.parametrize("seed", [7, 11])
def test_R1_what_no_program_should_send_breaks_nothing(app, seed):
    program, chance, counted = caller(app, per_minute=6000), Random(seed), Counter()
    program.post("/complaints", NEW)
    for number in range(80):
        odd = chance.choice(HEADERS) if chance.random() < 0.3 else {}
        headers = {**program.headers, "Idempotency-Key": f"a-key-{seed}-{number}", **odd}
        kind, body = bodies(chance)
        try:
            if chance.random() < 0.6:
                path = f"/api/v1{chance.choice(WRITES)}"
                answer = program.client.post(path, data=body, content_type=kind or None, headers=headers)
            else:
                query = {chance.choice(ASKED): chance.choice(HOSTILE)}
                answer = program.client.get(f"/api/v1{chance.choice(LOOKS)}", query_string=query, headers=headers)
        except (UnicodeError, ValueError):  # what the client itself cannot send
            continue
        counted[answer.status_code] += 1
        assert answer.status_code < 500, (body[:300], headers, answer.text)
    assert sum(counted.values()) > 40
