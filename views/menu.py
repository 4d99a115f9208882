"""The menu: one table of what stands at the side of every page, and how one person sees it now.

A line names an endpoint and asks the guard who may open it; a line of a work list also asks that list's own permissions
and shows what waits there. What a person may not open is not shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from flask import current_app, g, get_template_attribute, request

from backoffice.queries.waiting import DRAFTS, waiting
from backoffice.queries.worklist import GLANCED, LISTS, Asking
from policies.access import Actor, may_any
from policies.appeal import reads_inspections
from policies.what_if_question import refuse_asking
from views import context, guard, language
from views.addresses import fixed
from views.kept import kept
from views.language import _

BOUND = GLANCED
CROWDED = 15  # seconds for which a list that held more than the bound is taken to hold more still
SUBJECTS = {
    "complaint": "complaints",
    "appraisal_papers": "appraisal",
    "course": "complaints",
    "dossier": "complaints",
    "scoring": "inspection",
    "passing": "inspection",
}
"""Blueprint → the one whose line of the menu its pages belong to."""
OF_ITS_OWN = ("what_if", "scheme_trial")
"""Blueprints under the settings that have a line of their own."""
LATE = {"due": "overdue", "follow_ups": "follow_ups_late"}  # the count of a list is hot when this one is not empty


@dataclass(frozen=True)
class Entry:
    """A line of the menu: words (catalogue key), icon, endpoint; ``list`` opens a work list, ``count`` counts one.

    ``only``: who sees it, where the permission's width counts too.
    """

    key: str
    icon: str
    endpoint: str
    list: str | None = None
    count: str | None = None
    only: Callable[[Actor], bool] | None = None


@dataclass(frozen=True)
class Group:
    """A heading of the menu with its lines."""

    key: str
    entries: tuple[Entry, ...]


def work(key: str, icon: str, code: str) -> Entry:
    """A line that opens a work list and counts it."""
    return Entry(key, icon, "complaints.index", list=code, count=code)


MENU: tuple[Group, ...] = (
    Group(
        "layout.menu.work",
        (
            Entry("layout.menu.today", "fa-home", "home.index", count="due"),
            Entry("layout.menu.register", "fa-pencil-square-o", "intake.register"),
            Entry("arrivals.menu", "fa-inbox", "arrivals.index", count=DRAFTS),
            Entry("importing.title", "fa-upload", "importing.index"),
            Entry("paper_forms.title", "fa-file-o", "paper_forms.index"),
            work("complaints.list.to_take", "fa-hand-paper-o", "to_take"),
            work("complaints.list.to_check", "fa-search", "to_check"),
            work("complaints.list.to_review", "fa-balance-scale", "to_review"),
            work("layout.menu.dispatch", "fa-share", "to_dispatch"),
            work("layout.menu.urge", "fa-clock-o", "watch"),
            work("complaints.list.to_appoint", "fa-user-plus", "to_appoint"),
            work("layout.menu.orders", "fa-server", "mine"),
            work("layout.menu.department", "fa-building-o", "department"),
            work("layout.menu.approvals", "fa-pencil", "to_approve"),
            work("complaints.list.to_vote", "fa-comments-o", "to_vote"),
            work("layout.menu.disputes", "fa-gavel", "to_decide"),
            work("complaints.list.extensions", "fa-calendar-plus-o", "extensions"),
            work("complaints.list.to_regrade", "fa-level-down", "to_regrade"),
            work("layout.menu.call_backs", "fa-phone", "to_call_back"),
            work("complaints.list.follow_ups", "fa-refresh", "follow_ups"),
            work("layout.menu.archive", "fa-archive", "to_archive"),
        ),
    ),
    Group(
        "layout.menu.look_up",
        (
            Entry("overview.menu", "fa-line-chart", "overview.index"),
            Entry("overview.stat.menu", "fa-bar-chart", "statistics.index"),
            Entry("layout.menu.complaints", "fa-list-ul", "complaints.index"),
            Entry("fault_notices.title", "fa-bullhorn", "fault_notices.index"),
            Entry("knowledge.title", "fa-book", "knowledge.index"),
            Entry("outbox.title", "fa-paper-plane-o", "inbox.sent"),
            Entry("layout.menu.corrective", "fa-wrench", "corrective.index"),
            Entry("disputes.menu", "fa-exchange", "disputes.index"),
            Entry("clusters.menu", "fa-th", "clusters.index"),
            Entry("layout.menu.roster", "fa-calendar-check-o", "roster.index"),
        ),
    ),
    Group(
        "layout.menu.inspection",
        (
            Entry("inspection.title", "fa-check-square-o", "inspection.index"),
            Entry("appeals.menu", "fa-gavel", "appeals.index"),
            Entry("appeals.mine.title", "fa-id-badge", "my_inspections.index", only=reads_inspections),
            Entry("draws.title", "fa-random", "draws.index"),
            Entry("inspection_list.menu", "fa-list-alt", "inspection_list.index"),
            Entry("inspection_figures.menu", "fa-bar-chart", "inspection_figures.statistics"),
            Entry("inspection_report.menu", "fa-file-text-o", "inspection_papers.report"),
            Entry("lots.title", "fa-th-large", "lots.index"),
            Entry("coaching.title", "fa-comments-o", "coaching.index"),
            Entry("agreement.title", "fa-balance-scale", "agreement.index"),
            Entry("drift.title", "fa-line-chart", "drift.index"),
            Entry("calibration.title", "fa-users", "calibration.index"),
        ),
    ),
    Group(
        "layout.menu.appraisal",
        (
            Entry("appraisal.menu", "fa-trophy", "appraisal.index"),
            Entry("appraisal.lines.title", "fa-gift", "appraisal.lines"),
            Entry("appraisal.appeals.title", "fa-gavel", "appraisal.appeals"),
            Entry("appraisal.mine.title", "fa-id-badge", "appraisal.mine"),
            Entry("indicators.title", "fa-percent", "indicators.index"),
            Entry("monthly_figures.title", "fa-keyboard-o", "monthly_figures.index"),
        ),
    ),
    Group(
        "training.title",
        (
            Entry("training.plan", "fa-graduation-cap", "training.index"),
            Entry("training.mine", "fa-id-card-o", "training.mine"),
        ),
    ),
    Group(
        "layout.menu.office",
        (
            Entry("what_if.title", "fa-history", "what_if.index", only=lambda actor: refuse_asking(actor) is None),
            Entry("scheme_trial.menu", "fa-calculator", "scheme_trial.index"),
            Entry("layout.menu.settings", "fa-sliders", "console.index"),
        ),
    ),
)


@dataclass(frozen=True)
class ShownEntry:
    """A menu line as one person sees it now."""

    text: str
    icon: str
    address: str
    is_current: bool
    count: str | None
    is_hot: bool


@dataclass(frozen=True)
class ShownGroup:
    """A menu heading with what one person sees under it."""

    text: str
    entries: list[ShownEntry]


def menu() -> str:
    """The menu of the signed-in person as it stands beside a page, without groups that would be empty.

    Which lines it has and how it looks is kept for as long as the person's rights, what waits for them and the page's
    own line are the same.
    """
    actor = g.get("actor")
    if actor is None:
        return ""
    lines, entries, counted = kept(("menu lines", actor), lambda: _lines(actor))
    counts, current = _counts(counted, actor), _current(entries)
    key = ("menu", actor, language.current(), current, tuple(counts.items()))
    return kept(key, lambda: get_template_attribute("macros/frame.html", "menu")(_groups(lines, counts, current)))


def _lines(actor: Actor) -> tuple[list[tuple[Group, list[Entry]]], list[Entry], list[str]]:
    """The lines that a person has, by their groups and all in a row; the lists that are counted in them."""
    open_to_them = [(group, [entry for entry in group.entries if _opens(entry, actor)]) for group in MENU]
    entries = [entry for _group, entries in open_to_them for entry in entries]
    counted = [entry.count for entry in entries if entry.count and (
        entry.count == DRAFTS or may_any(actor, LISTS[entry.count].permissions)
    )]  # fmt: skip
    counted += [LATE[code] for code in counted if code in LATE]
    return [(group, entries) for group, entries in open_to_them if entries], entries, counted


def _groups(lines: list[tuple[Group, list[Entry]]], counts: dict[str, int], current: Entry | None) -> list[ShownGroup]:
    return [
        ShownGroup(_(group.key), [_shown(entry, counts, is_current=entry is current) for entry in entries])
        for group, entries in lines
    ]


def may_open(endpoint: str, actor: Actor) -> bool:
    """What the guard will answer when somebody goes to an endpoint."""
    rule = guard.rule_of(current_app, endpoint) if endpoint in current_app.view_functions else None
    return rule is not None and (not rule.permissions or may_any(actor, rule.permissions))


def _opens(entry: Entry, actor: Actor) -> bool:
    """Whether a line is for this person; that of a work list only when the list is."""
    if not may_open(entry.endpoint, actor) or (entry.only is not None and not entry.only(actor)):
        return False
    return entry.list is None or may_any(actor, LISTS[entry.list].permissions)


def _counts(wanted: list[str], actor: Actor) -> dict[str, int]:
    """What waits in these lists; one that held more than is told is not counted again for a moment, since counting it
    to the bound costs the most and tells the least; nor is what the page itself has counted (``g.counted``).
    """
    crowded: dict[str, float] = kept(("crowded", actor), dict)
    at = monotonic()
    found: dict[str, int] = dict(g.get("counted", {}))
    asked = [code for code in wanted if code not in found and crowded.get(code, 0) <= at]
    if asked:
        with context.looking() as connection:
            found |= waiting(connection, Asking(actor, context.now(), context.zone()), asked, BOUND)
    crowded.update((code, at + CROWDED) for code, count in found.items() if count > BOUND)
    return {code: found.get(code, BOUND + 1) for code in wanted}


def _current(entries: list[Entry]) -> Entry | None:
    """The line of the page that is open: that of its work list, else that of its endpoint, else of its subject."""
    chosen = request.args.get("list") if request.endpoint == "complaints.index" else None
    subject = SUBJECTS.get(request.blueprint or "", request.blueprint)
    if request.blueprint and request.path.startswith("/settings") and request.blueprint not in OF_ITS_OWN:
        subject = "console"
    lines = [entry for entry in entries if entry.list is None]
    found = (
        next((entry for entry in entries if entry.list is not None and entry.list == chosen), None),
        next((entry for entry in lines if entry.endpoint == request.endpoint), None),
        next((entry for entry in lines if entry.endpoint.split(".")[0] == subject), None),
    )
    return next((entry for entry in found if entry is not None), None)


def _shown(entry: Entry, counts: dict[str, int], *, is_current: bool) -> ShownEntry:
    count = counts.get(entry.count or "")
    return ShownEntry(
        text=_(entry.key),
        icon=entry.icon,
        address=fixed(entry.endpoint, **({"list": entry.list} if entry.list else {})),
        is_current=is_current,
        count=None if not count else str(count) if count <= BOUND else f"{BOUND}+",
        is_hot=bool(counts.get(LATE.get(entry.count or "", ""))),
    )
