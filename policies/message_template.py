"""The office's texts (R5, R8, R13, R16, R21): for which occasion, with which named places, and when one may be saved.

An occasion is an act or an event that tells somebody something. The table says what can be filled in there, so that no
text is saved that could only be sent with a gap.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from policies.message import Refusal

PLACE = re.compile(r"\{([a-z_]+)\}")
WAY_SUFFIX = re.compile(r"_(?:sms|email|phone|letter)$")
WITH_SUBJECT = frozenset({"email", "letter"})
LONGEST_SUBJECT, LONGEST_BODY, LONGEST_NAME = 200, 4000, 120
LANGUAGES = ("zh", "en")
CUSTOMER, STAFF = "customer", "staff"
WAYS_FOR: Mapping[str, tuple[str, ...]] = MappingProxyType({
    CUSTOMER: ("sms", "email", "phone", "letter"), STAFF: ("in_app", "sms", "email"),
})  # fmt: skip


@dataclass(frozen=True)
class Occasion:
    """When a text is sent, to whom, and what is known then."""

    code: str
    kind: str
    audience: str
    places: frozenset[str]


@dataclass(frozen=True)
class TemplateFacts:
    """A text as it is to be saved. ``audience`` is the occasion's."""

    code: str
    name_zh: str
    name_en: str
    occasion: str
    channel: str
    subject_zh: str
    subject_en: str
    body_zh: str
    body_en: str

    def text(self, part: str, language: str) -> str:
        """``subject`` or ``body`` in a language (``zh`` or ``en``)."""
        return str(getattr(self, f"{part}_{language}"))

    @property
    def places(self) -> list[str]:
        """The places that it names, in alphabetical order."""
        return sorted(
            {name for part in ("subject", "body") for one in LANGUAGES for name in named(self.text(part, one))}
        )


_OFFICE = frozenset({"office_name", "service_phone"})
_CASE = _OFFICE | {
    "customer_name", "complaint_number", "category_name", "received_at", "due_time", "process_outline", "contact_name",
    "manager_name", "severity_name",
}  # fmt: skip
_STAFF = _OFFICE | {
    "complaint_number", "category_name", "severity_name", "received_at", "due_time", "order_number", "department_name",
    "staff_name", "contact_name", "amount",
}  # fmt: skip
_CLOCK = _STAFF | {"clock_name", "overdue_text"}
_CORRECTIVE = _OFFICE | {"action_title", "action_number", "due_time", "staff_name"}
_LOT = _OFFICE | {"department_name", "plan_name", "period", "count", "limit_count"}
_SHEET = ("period", "score", "staff_name")
_CORRECTIVE_OCCASIONS = (
    "corrective_notice", "corrective_before", "corrective_due", "corrective_overdue", "corrective_to_verify",
    "corrective_verified", "corrective_reopened", "corrective_effect", "corrective_extension_asked",
    "corrective_extended", "corrective_not_extended", "corrective_released", "corrective_helper",
)  # fmt: skip


def _customer(code: str, kind: str, *more: str, known: frozenset[str] = _CASE) -> Occasion:
    return Occasion(code, kind, CUSTOMER, known | set(more))


def _staff(code: str, kind: str = "internal", *more: str, known: frozenset[str] = _STAFF) -> Occasion:
    return Occasion(code, kind, STAFF, known | set(more))


_ALL = (
    _customer("ack", "acknowledgement", "next_update_time"),
    _customer("major_ack", "acknowledgement", "next_update_time"),
    _customer("progress", "progress", "progress_text", "next_update_time"),
    _customer("delay", "delay", "reason", "old_due_time", "new_due_time", "progress_text", "next_update_time"),
    _customer("result", "result", "reason", "result_text", "compensation_text", "appeal_text"),
    _customer("not_established", "result", "reason", "appeal_text"),
    _customer("referred_out", "result", "reason", "referred_to"),
    _customer("closed_unsatisfied", "result", "reason", "result_text", "compensation_text", "appeal_text"),
    _customer("apology", "apology", "apology_text", "reason", "result_text", "compensation_text"),
    _customer("known_fault", "progress", "notice_title", "expected_restore"),
    _customer("known_fault_lifted", "result", "notice_title", "restored_at"),
    _customer("suggestion_answered", "result", "notice_title", "answer_text"),
    _customer("survey", "survey", "survey_link"),
    _customer("callback_missed", "survey", "survey_link"),
    _staff("order_sent_notice"),
    _staff("urge_notice", "internal", "clock_name", "progress_text"),
    _staff("warn_owner", "overdue", known=_CLOCK),
    _staff("overdue_head", "overdue", known=_CLOCK),
    _staff("overdue_manager", "overdue", known=_CLOCK),
    _staff("overdue_senior", "overdue", known=_CLOCK),
    _staff("major_alert", "alert"),
    _staff("dispute_notice", "internal", "reason"),
    _staff("approval_notice"),
    _staff("regrade_notice", "internal", "reason"),
    _staff("cluster_notice", "alert"),
    _staff("extension_request_notice", "internal", "result_text", "reason", "old_due_time", "new_due_time"),
    _staff("clocks_moved_notice", "internal", "complaint_number", "count", "new_due_time", known=_OFFICE),
    _staff("extension_notice", "internal", "result_text", "reason", "old_due_time", "new_due_time"),
    _staff("inspection_notice", "internal", "score", "appeal_deadline"),
    _staff("inspection_failed_notice", "internal", "score"),
    _staff("inspection_due_notice"),
    _staff("inspection_overdue_notice"),
    _staff("inspections_given_notice", "internal", "plan_name", "count", "due_time", known=_OFFICE),
    _staff("lot_not_accepted_notice", "internal", known=_LOT),
    _staff("lot_stopped_notice", "alert", known=_LOT),
    _staff("appeal_notice", "internal", "score", "result_text"),
    _staff("appeal_to_decide_notice"),
    _staff("appeal_result_notice", "internal", "score", "result_text"),
    _staff("appeal_overdue_notice", "overdue"),
    _staff("sheet_notice", "internal", *_SHEET, "appeal_deadline", known=_OFFICE),
    _staff("sheet_appeal_notice", "internal", *_SHEET, "due_time", known=_OFFICE),
    _staff("sheet_decided_notice", "internal", *_SHEET, "due_time", known=_OFFICE),
    _staff("sheet_approve_notice", "internal", *_SHEET, known=_OFFICE),
    *(_staff(code, known=_CORRECTIVE) for code in _CORRECTIVE_OCCASIONS),
    _staff("calibration_notice", "internal", "complaint_number", "session_number", "due_time", known=_OFFICE),
    _staff(
        "daily_digest",
        "internal",
        "digest_date",
        "due_count",
        "overdue_count",
        "waiting_count",
        "digest_lines",
        known=_OFFICE,
    ),
    _staff("training_notice", "internal", "course_name", "due_time", known=_OFFICE),
)
OCCASIONS: Mapping[str, Occasion] = MappingProxyType({occasion.code: occasion for occasion in _ALL})


def occasion_of(code: str) -> str:
    """The occasion of one of the default office's texts, by its code: ``ack_sms`` → ``ack``."""
    return WAY_SUFFIX.sub("", code)


def named(text: str) -> list[str]:
    """The places that a text names."""
    return PLACE.findall(text)


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with its places filled; what has no value stays as it is."""
    return PLACE.sub(lambda match: values.get(match[1], match[0]), text)


def refused(reason: str, field: str, **params: object) -> Refusal:
    """Why a text is not saved, at its field."""
    return Refusal(f"template.refused.{reason}", params, field, 422)


def check(facts: TemplateFacts, known: Mapping[str, object]) -> Iterator[Refusal]:
    """What speaks against saving a text. ``known``: every place that the office has, by its code."""
    occasion = OCCASIONS.get(facts.occasion)
    if occasion is None:
        yield refused("occasion", "occasion")
        return
    if facts.channel not in WAYS_FOR[occasion.audience]:
        yield refused("way", "channel")
    for language in LANGUAGES:
        if not str(getattr(facts, f"name_{language}")).strip():
            yield refused("empty", f"name_{language}")
        yield from _check_texts(facts, language)
        for part in ("subject", "body"):
            yield from _check_places(facts.text(part, language), f"{part}_{language}", occasion, known)


def _check_texts(facts: TemplateFacts, language: str) -> Iterator[Refusal]:
    """Both languages are needed: a customer or a colleague may have either (R5)."""
    subject, body = facts.text("subject", language), facts.text("body", language)
    if not body.strip():
        yield refused("language_missing", f"body_{language}")
    if facts.channel in WITH_SUBJECT and not subject.strip():
        yield refused("subject_missing", f"subject_{language}")
    if len(subject) > LONGEST_SUBJECT or "\n" in subject:
        yield refused("long", f"subject_{language}", longest=LONGEST_SUBJECT)
    if len(body) > LONGEST_BODY:
        yield refused("long", f"body_{language}", longest=LONGEST_BODY)


def _check_places(text: str, field: str, occasion: Occasion, known: Mapping[str, object]) -> Iterator[Refusal]:
    rest = PLACE.sub("", text)
    if "{" in rest or "}" in rest:
        yield refused("braces", field, around=_around(rest))
    names = set(named(text))
    offered = ", ".join(sorted(occasion.places & set(known)))
    for name in sorted(names - set(known)):
        yield refused("unknown_place", field, place=name, known=offered)
    for name in sorted((names & set(known)) - occasion.places):
        yield refused("place_not_here", field, place=name, known=offered)


def _around(text: str) -> str:
    """A little of the text about the brace that stands alone."""
    at = next(index for index, sign in enumerate(text) if sign in "{}")
    return text[max(0, at - 8) : at + 12].strip()


def refuse_retire(occasion: str, others: int) -> Refusal | None:
    """Staff must be told: the last text of such an occasion stays until there is another."""
    rule = OCCASIONS.get(occasion)
    if rule is not None and rule.audience == STAFF and not others:
        return Refusal("template.refused.last_for_staff", status=409)
    return None
