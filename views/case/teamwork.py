"""What a complaint's page shows of working together (R16, R17, R30): who is in charge, which acts are done, the team,
opinions on the plan, reports, statements, corrective actions, the follow-up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from backoffice.models.teamwork import PlanReviewer, Statement
from backoffice.queries.corrective import seen_among
from backoffice.reports.blocks import Text
from backoffice.services.core.corrective import corrective_rules, texts_of
from backoffice.services.core.teamwork import TEAMS, done_acts, in_charge, present_review
from backoffice.services.dossier.source import value
from backoffice.services.dossier.teamwork import experts
from policies.message import Message, Name
from policies.process import ActDef
from policies.teamwork import Doing
from policies.vocabulary import ClockCode
from policies.vocabulary_teamwork import CorrectiveStatus, PlanVote, StatementState
from views import context
from views.case.looking import Looked
from views.filters import Badge, due_badge


@dataclass(frozen=True)
class ActShown:
    """An act of the process: ``state`` is done, open or optional; by whom and when."""

    name: Name
    text: Name | None
    role: Name
    state: str
    who: Text = ""
    at: datetime | None = None


@dataclass(frozen=True)
class VoteShown:
    """A reviewer with the opinion: ``vote`` None while it is waited for or when released."""

    who: Text
    vote: PlanVote | None
    released: bool
    words: str
    at: datetime | None


@dataclass(frozen=True)
class ReportShown:
    """A report that was due: until when, when it was given; the badge says for good that it was late."""

    occurrence: int
    badge: Badge
    due_at: datetime
    stopped_at: datetime | None


@dataclass(frozen=True)
class StatementShown:
    """A statement with its words, veiled; ``corrects`` is the number of the one that it corrects."""

    number: int
    row: Statement
    addressee: str
    text: str
    way: str
    written_by: Text
    decided_by: Text
    corrects: int | None


@dataclass(frozen=True)
class CorrectiveShown:
    """A corrective action of this complaint."""

    number: str
    title: str
    type: Text
    owner: Text
    due_at: datetime
    status: CorrectiveStatus
    late: bool
    opens: bool


@dataclass(frozen=True)
class FollowUpShown:
    """The call after closing: when it is due, or how it went."""

    due_at: datetime
    badge: Badge | None
    done_at: datetime | None
    who: Text
    solved: bool | None
    satisfaction: int | None
    attempts: int
    new_number: str


@dataclass(frozen=True)
class TeamShown:
    """The team as it is now, and how often it was changed."""

    leader: Text
    members: tuple[Text, ...]
    experts: tuple[Text, ...]
    at: datetime
    changes: int


def has_teamwork(looked: Looked) -> bool:
    """Whether the tab has anything to show: the process has acts, or something was opened."""
    return bool(looked.source.process.acts or looked.source.holdings.corrective_actions)


def people_of(looked: Looked) -> set[int | None]:
    """Ids of everybody whom the tab names."""
    holdings = looked.source.holdings
    ids = {person.staff_id for person in looked.case.people} | {entry.by_id for entry in holdings.entries}
    ids |= {row.staff_id for row in holdings.reviewers} | {one.owner_id for one in holdings.corrective_actions}
    for row in holdings.statements:
        ids |= {row.written_by_id, row.decided_by_id, row.published_by_id}
    return ids


def waits(looked: Looked) -> int:
    """How many required acts are open, for the tab's count."""
    return sum(1 for act in acts_of(looked) if act.state == "open")


def acts_of(looked: Looked) -> list[ActShown]:
    """The acts of the process as a list to be ticked off."""
    done = done_acts(looked.source.process, looked.source.holdings)
    return [_act(looked, act, done.get(act.code)) for act in looked.source.process.acts]


def _act(looked: Looked, act: ActDef, doing: Doing | None) -> ActShown:
    roles = looked.source.rules.role_names()
    role = roles.get(act.role, {"zh": act.role, "en": act.role})
    state = "done" if doing is not None else "open" if act.required else "optional"
    return ActShown(
        Name(act.name["zh"], act.name["en"]),
        Name(act.text["zh"], act.text["en"]) if act.text else None,
        Name(role["zh"], role["en"]),
        state,
        looked.source.staff(doing.by_id) if doing is not None else "",
        doing.at if doing is not None else None,
    )


def charge_of(looked: Looked) -> tuple[Text, datetime] | None:
    """Who is in charge of a major complaint, and since when."""
    found = in_charge(looked.case)
    return None if found is None else (looked.source.staff(found.staff_id), found.since)


def team_of(looked: Looked) -> TeamShown | None:
    """The team as it is now."""
    source = looked.source
    teams = list(source.entries(*TEAMS))
    if not teams:
        return None
    entry, values = teams[-1]
    members = tuple(source.staff(one) for one in values.get("task_force_members") or ())
    known = next((said["experts"] for _entry, said in reversed(teams) if said.get("experts")), None)
    return TeamShown(
        source.staff(values.get("task_force_leader")), members, experts(source, known), entry.at, len(teams) - 1
    )


def votes_of(looked: Looked) -> list[VoteShown]:
    """The opinions on the newest plan."""
    return [_vote(looked, row) for row in present_review(looked.source.holdings)]


def _vote(looked: Looked, row: PlanReviewer) -> VoteShown:
    source = looked.source
    said = source.opened(row.sealed, "review")
    who: Text = source.staff(row.staff_id)
    if row.staff_id is None:
        who = Message("dossier.form.outside", {
            "name": source.veil.name(str(said.get("name") or "")), "organisation": source.words(said, "organisation"),
        })  # fmt: skip
    released = row.released_at is not None
    words = source.words(said, "reason" if released else "opinion")
    return VoteShown(who, None if released else row.vote, released, words, row.released_at or row.voted_at)


def reports_of(looked: Looked) -> list[ReportShown]:
    """Every report that was due, newest first; of those that came late or not at all the badge says so for good."""
    rows = [row for row in looked.source.holdings.clocks if row.code == ClockCode.REPORT.value]
    return [
        ReportShown(
            row.occurrence,
            due_badge(row.due_at, stopped_at=row.stopped_at, dropped=row.stopped_at is not None and row.met is None),
            row.due_at,
            row.stopped_at,
        )
        for row in sorted(rows, key=lambda row: -row.occurrence)
    ]


def statements_of(looked: Looked) -> list[StatementShown]:
    """Every statement, oldest first; nothing of a published one ever changes."""
    return statements_shown(looked, looked.source.holdings.statements)


def statements_shown(looked: Looked, rows: Iterable[Statement]) -> list[StatementShown]:
    """These statements with their words; each keeps the number that it has among all of the complaint."""
    source = looked.source
    numbers = {row.id: number for number, row in enumerate(source.holdings.statements, 1)}
    found = []
    for row in rows:
        content = source.opened(row.sealed, "statement")
        found.append(
            StatementShown(
                numbers[row.id],
                row,
                source.words(content, "addressee"),
                source.words(content, "text"),
                source.words(content, "way") if row.state is StatementState.PUBLISHED else "",
                source.staff(row.written_by_id),
                source.staff(row.decided_by_id),
                numbers.get(row.corrects_id or 0),
            )
        )
    return found


def corrective_of(looked: Looked) -> list[CorrectiveShown]:
    """The corrective actions that this complaint brought."""
    source, found = looked.source, []
    rows = source.holdings.corrective_actions
    work = source.case.work
    opens = seen_among(work.session, work.actor, [one.id for one in rows])
    kinds = corrective_rules(source.rules).types
    for one in rows:
        kind = kinds.get(one.type)
        found.append(
            CorrectiveShown(
                one.number,
                source.veil.text(texts_of(source.case.work.keys, one)["title"]),
                value(Name(kind.name["zh"], kind.name["en"])) if kind is not None else one.type,
                source.named(one.owner),
                one.due_at,
                one.status,
                one.status.is_open and one.due_at < context.now(),
                one.id in opens,
            )
        )
    return found


def follow_up_of(looked: Looked) -> FollowUpShown | None:
    """The follow-up: when it is due, or how it went."""
    row = looked.source.holdings.follow_up
    if row is None:
        return None
    return FollowUpShown(
        row.due_at,
        due_badge(row.due_at) if row.done_at is None else None,
        row.done_at,
        looked.source.staff(row.by_id),
        row.solved,
        row.satisfaction,
        len(row.attempts),
        row.new_complaint.number if row.new_complaint is not None else "",
    )
