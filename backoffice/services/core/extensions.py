"""Extensions of clocks (R25): kept as they are asked for and decided; settled once they count, or can no longer count.

``settle`` runs at the end of every act on a complaint: an extension takes effect in the act that grants it or in that
which tells the customer, whichever comes last; it lapses when its deadline passed or its clock stopped without both.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from backoffice.errors import DomainError
from backoffice.models.complaint import ClockRow
from backoffice.models.extension import ExtendedClock, Extension
from backoffice.models.handling import Attachment, StepEntry
from backoffice.queries import extensions as queries
from backoffice.queries.rulebook import Rulebook
from backoffice.services.core import history
from backoffice.services.core.case import Case
from backoffice.services.core.clocks import note_next, set_due
from backoffice.services.core.holdings import Holdings
from backoffice.services.core.places import Style, places
from backoffice.services.core.staff_messages import tell_staff
from policies import extension as policy
from policies.calendar import WorkingCalendar
from policies.deadline import is_met
from policies.extension import ExtensionFacts, Pending, Telling
from policies.message import Message, Refusal
from policies.vocabulary import ClockCode, ExtensionState

TOOK_EFFECT, LAPSED = "extension_took_effect", "extension_lapsed"
KEPT = "kept_files"
REASONS = "extension_reasons"
TELLS = "tell_delay"
State = ExtensionState


def facts(case: Case, holdings: Holdings) -> ExtensionFacts:
    """What the rules must know of extensions, as it stands."""
    complaint, rules = case.complaint, holdings.rules
    allowed = queries.rules_of(rules, complaint.sla_id)
    row, pending = _leading(case, holdings), _pending(holdings)
    return ExtensionFacts(
        approval=allowed.approvals.get(complaint.severity),
        clock=ClockCode(row.code) if row else None,
        due=row.due_at if row else None,
        overdue=row is not None and not is_met(row.due_at, case.work.recorded_at),
        used=sum(one.state is State.IN_EFFECT for one in holdings.extensions),
        pending=Pending(pending.state, pending.days_asked, pending.asked_by_id) if pending else None,
        reasons=frozenset(entry.code for entry in rules.entries(REASONS)),
        calendar=_calendar(rules) if row else None,
    )


def _calendar(rules: Rulebook) -> WorkingCalendar | None:
    """The calendar; None where it cannot be read: what may be done is shown all the same, and counting says why not."""
    try:
        return rules.calendar()
    except DomainError:
        return None


def tellings(case: Case, holdings: Holdings) -> list[Telling]:
    """Talks in which the customer was told of another time than the one promised, by the day that was named."""
    zone, found = Rulebook(case.work.session).zone(), []
    for entry, values in zip(holdings.entries, holdings.values, strict=True):
        until = values.get("promised_time")
        if entry.action == TELLS and until:
            day = datetime.fromisoformat(str(until)).astimezone(zone).date()
            found.append(Telling(entry.at, str(values.get("way") or ""), day))
    return found


# What an act writes down


def asked(case: Case, holdings: Holdings, values: Mapping[str, Any], _entry: StepEntry | None) -> None:
    """Keep a request with its reason, its ground and its files."""
    known = facts(case, holdings)
    days, row = policy.asked_days(known, values), _leading(case, holdings)
    if isinstance(days, Refusal) or row is None or known.approval is None:  # decided on these very facts already
        raise DomainError(days if isinstance(days, Refusal) else Refusal("extension.refused.nothing_runs"))
    files: list[Attachment] = list(values.get(KEPT) or ())
    case.work.session.flush()
    words = {"reason": str(values.get("reason") or ""), "ground": str(values.get("extension_ground") or "")}
    line = Extension(
        complaint_id=case.complaint.id,
        clock=row.code,
        round=case.complaint.round,
        state=State.REQUESTED,
        reason=str(values["extension_reason"]),
        days_asked=days,
        asked_until=values.get("extension_until"),
        due_at=row.due_at,
        asked_at=case.work.at,
        asked_by_id=case.work.actor.staff_id,
        approver_role=known.approval.role,
        attachment_ids=[file.id for file in files],
        sealed=case.seal.seal_json(words, "extension"),
    )
    case.work.session.add(line)
    _changed(case, holdings)


def granted(case: Case, holdings: Holdings, values: Mapping[str, Any], _entry: StepEntry | None) -> None:
    """So many days are granted; they count once the customer was told."""
    line = _decided(case, holdings, values)
    line.state, line.days_granted = State.GRANTED, int(values["extension_days"])
    _changed(case, holdings)


def refused(case: Case, holdings: Holdings, values: Mapping[str, Any], _entry: StepEntry | None) -> None:
    """The deadline stays."""
    line = _decided(case, holdings, values)
    line.state, line.settled_at = State.REFUSED, case.work.at
    _changed(case, holdings)


def _decided(case: Case, holdings: Holdings, values: Mapping[str, Any]) -> Extension:
    line = _pending(holdings)
    if line is None:  # decided on the facts already
        raise DomainError(Refusal("extension.refused.nothing_asked"))
    line.decided_at, line.decided_by_id = case.work.at, case.work.actor.staff_id
    words = dict(case.seal.open_json(line.sealed, "extension") or {})
    line.sealed = case.seal.seal_json({**words, "opinion": str(values.get("extension_opinion") or "")}, "extension")
    return line


# What comes of it


def settle(case: Case, holdings: Holdings, action: str) -> tuple[Message, ...]:
    """Let the extension that waits take effect or lapse if its time has come; gives what the person should know."""
    line = _pending(holdings)
    if line is None:
        return ()
    now = Holdings(case)  # read anew: the act has moved clocks and written down what was said
    row = _running(now, line.clock)
    if row is None or not is_met(row.due_at, case.work.recorded_at):
        return _lapse(case, line, row)
    known = facts(case, now)
    line.approver_role = known.approval.role if known.approval is not None else line.approver_role
    if line.state is not State.GRANTED or line.days_granted is None:
        return ()
    effects = queries.effects(
        Rulebook(case.work.session), case.complaint.sla_id, now.clocks, ClockCode(line.clock), line.days_granted
    )
    lasts_until = Rulebook(case.work.session).calendar().date_of_closing(effects[0].new)
    talk = policy.told_of(tellings(case, now), row.due_at, lasts_until)
    if talk is not None:
        return _take_effect(case, line, effects, talk, now)
    said = {"clock": ClockCode(line.clock), "due": effects[0].old, "new": effects[0].new}
    waits = Message("extension.note.waits_for_telling", said)
    return (waits,) if action in ("grant_extension", TELLS) else ()


def _take_effect(
    case: Case, line: Extension, effects: list[queries.Effect], talk: Telling, now: Holdings
) -> tuple[Message, ...]:
    days = line.days_granted or 0
    line.state, line.settled_at = State.IN_EFFECT, case.work.at
    line.told_at, line.told_way = talk.at, talk.way
    moved = []
    for effect in effects:
        row, old = effect.row, effect.old
        row.original_due_at = row.original_due_at or old
        row.extended_days += days
        named = {"days": days, "reason": line.reason}
        row.facts = {**row.facts, "extensions": [*row.facts.get("extensions", ()), named]}
        set_due(case, row, effect.new, provisional=row.provisional or effect.deadline.provisional, rows=now.clocks)
        case.work.session.add(
            ExtendedClock(
                extension_id=line.id, clock_id=row.id, days=days, old_due_at=old, new_due_at=effect.new,
                at=case.work.recorded_at,
            )
        )  # fmt: skip
        moved.append({"clock": row.code, "occurrence": row.occurrence, "old_due": old, "new_due": effect.new})
    note_next(case.complaint, now.clocks)
    history.record(case, TOOK_EFFECT, {"clocks": moved, "days": days, "reason": line.reason, "told_at": talk.at})
    said = {"clock": ClockCode(line.clock), "due": effects[0].new, "n": days}
    return (Message("extension.note.in_effect", said),)


def _lapse(case: Case, line: Extension, row: ClockRow | None) -> tuple[Message, ...]:
    """Nothing moves: it was not granted, or the customer not told, while there was time."""
    was_granted = line.state is State.GRANTED
    line.state, line.settled_at = State.LAPSED, case.work.recorded_at
    history.record(case, LAPSED, {"clock": line.clock, "due": line.due_at, "granted": was_granted})
    due = row.due_at if row is not None else line.due_at

    def fill(language: str) -> Mapping[str, str]:
        style = Style(Rulebook(case.work.session), language)
        said = {
            "result_text": style.format("extension_lapsed"),
            "reason": style.entry(REASONS, line.reason),
            "old_due_time": style.moment(line.due_at),
            "new_due_time": style.moment(due),
        }
        return {**places(case, {}, language), **said}

    key = f"extension:{line.id}:lapsed"
    tell_staff(case.work, "extension_notice", {line.asked_by_id} - {None}, fill, case=case, key=key)  # type: ignore[arg-type]
    return (Message("extension.note.lapsed_untold" if was_granted else "extension.note.lapsed", {"due": due}),)


def _changed(case: Case, holdings: Holdings) -> None:
    """Let the extensions be read anew where they are asked for next."""
    case.work.session.flush()
    holdings.__dict__.pop("extensions", None)


def _pending(holdings: Holdings) -> Extension | None:
    return next((one for one in reversed(holdings.extensions) if one.state.is_pending), None)


def _leading(case: Case, holdings: Holdings) -> ClockRow | None:
    """The clock that an extension is asked for, or that the one that waits asks for."""
    rules = Rulebook(case.work.session)
    code = queries.leading(rules, case.complaint.sla_id, holdings.clocks, _pending(holdings))
    return _running(holdings, code.value) if code is not None else None


def _running(holdings: Holdings, code: str) -> ClockRow | None:
    return next((row for row in reversed(holdings.clocks) if row.code == code and row.stopped_at is None), None)
