"""What can be done about extensions (R25): ask for more time, grant it or not. Their rules are in ``extension.py``."""

from __future__ import annotations

from policies.access import Permission
from policies.action import HANDLING, act
from policies.vocabulary import CaseFunction

P = Permission

EXTENSION = (
    act(
        "request_extension", P.EXTENSION_REQUEST, statuses=HANDLING, fields=("extension_reason", "reason"),
        optional=("extension_days", "extension_until", "extension_ground", "file"), holds_order=True, rules="R25",
    ),
    act(
        "grant_extension", P.EXTENSION_APPROVE, statuses=HANDLING, fields=("extension_days", "extension_opinion"),
        function=CaseFunction.APPROVER, rules="R25",
    ),
    act(
        "refuse_extension", P.EXTENSION_APPROVE, statuses=HANDLING, fields=("extension_opinion",),
        function=CaseFunction.APPROVER, rules="R25",
    ),
)  # fmt: skip
