"""A process in words (R14): its steps, ways, choices, diagram and differences, with names in place of codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from backoffice.models.configuration import ListEntry
from backoffice.models.office import Role
from backoffice.reports.process_diagram import Arrow, Box, Diagram
from forms.reference.process import StepChoices
from policies.action import ActionKind
from policies.actions import ACTIONS
from policies.process import END, NEW_PROCESS, NextAction, Process, StepDef, When, elapsed_shares
from policies.process_difference import PLACE, THERE, WAY, Difference
from policies.vocabulary import ClockCode, ComplaintStatus, Outcome
from views import language
from views.filters import money, named
from views.language import _, label
from views.reference.base import once, reading
from views.reference.words import words

LISTS = ("fields", "evidence_types", "actions")
Names = Mapping[str, Mapping[str, str]]


class ProcessWords:
    """The words of one or several processes: ``steps`` are the names of their steps by code."""

    def __init__(self, *definitions: Mapping[str, Any]) -> None:
        self.steps: dict[str, str] = {}
        self.acts: dict[str, str] = {}
        for definition in definitions:
            self.steps |= {step["code"]: named(dict(step["name"])) for step in definition["steps"]}
            self.acts |= {
                str(act["code"]): named(dict(act["name"]))
                for act in definition.get("acts") or ()
                if isinstance(act, Mapping) and isinstance(act.get("name"), Mapping) and "code" in act
            }

    # One code

    def role(self, code: str) -> str:
        return _listed()["roles"].get(code, code)

    def field(self, code: str) -> str:
        return _listed()["fields"].get(code) or words("workflow.field", code)

    def evidence(self, code: str) -> str:
        return _listed()["evidence_types"].get(code, code)

    def act(self, code: str) -> str:
        return self.acts.get(code, code)

    def action(self, code: str) -> str:
        """What an action is called: as the office lists it, else as the desk does."""
        own = _listed()["actions"].get(code)
        return own or (language.say(ACTIONS[code].title) if code in ACTIONS else code)

    def target(self, code: str) -> str:
        """Where a way leads."""
        if code == END:
            return _("reference.processes.end")
        return _("reference.processes.new_process") if code == NEW_PROCESS else self.steps.get(code, code)

    def way(self, way: NextAction) -> str:
        """An action with its condition."""
        words_of = self.action(way.action)
        return words_of if way.when is None else _("process_editor.way", action=words_of, when=when_words(way.when))

    # A step

    def shown(self, step: StepDef, process: Process) -> dict[str, Any]:
        """A step as a row of the table."""
        return {
            "name": named(dict(step.name)),
            "code": step.code,
            "status": label(step.status),
            "role": self.role(step.role),
            "share": step.clock_share,
            "elapsed": elapsed_shares(process)[step.code],
            "clock": words("label.clock_code", step.clock.value) if step.clock else "",
            "fields": [self.field(code) for code in step.required_fields],
            "evidence": [self.evidence(code) for code in step.required_evidence],
            "acts": [self.act(code) for code in step.acts],
            "ways": [self.shown_way(way) for way in step.next],
            "approvals": [(self.role(limit.role), limit.up_to_cny) for limit in step.approvals],
            "note": named(dict(step.note)) if step.note else "",
        }

    def shown_way(self, way: NextAction) -> tuple[str, str, str]:
        """A way out: the action, where it leads, what it asks for and how it ends a complaint."""
        parts = [self.field(code) for code in way.requires]
        if way.outcome is not None:
            parts.append(label(way.outcome))
        return self.way(way), self.target(way.to), _("layout.list.separator").join(parts)

    def choices(self, definition: Mapping[str, Any], step: Mapping[str, Any]) -> StepChoices:
        """What a step may choose from; what it has already stays to be chosen."""
        none = ("", _("process_editor.none"))
        moves = [code for code, rule in ACTIONS.items() if rule.kind is ActionKind.MOVE]
        ways, approvals = step["next"], step.get("approvals") or ()
        used = {way["action"] for way in ways}
        targets = [one["code"] for one in definition["steps"]] + [END, NEW_PROCESS]
        targets += [way["to"] for way in ways]
        held = [step["role"], *(limit["role"] for limit in approvals)]
        asked = [*step["required_fields"], *(code for way in ways for code in way.get("requires", ()))]
        statuses = [one for one in ComplaintStatus if one not in (ComplaintStatus.DRAFT, ComplaintStatus.ARCHIVED)]
        return StepChoices(
            statuses=[(one.value, label(one)) for one in statuses],
            roles=[none, *_pairs([*_in_use("roles"), *held], self.role)],
            clocks=[none, *((one.value, words("label.clock_code", one.value)) for one in ClockCode)],
            fields=_pairs([*_listed()["fields"], *asked], self.field),
            evidence=_pairs([*_in_use("evidence_types"), *step["required_evidence"]], self.evidence),
            acts=_pairs([*self.acts, *(step.get("acts") or ())], self.act),
            actions=[none, *sorted(_pairs([*moves, *used], self.action), key=lambda pair: pair[1])],
            targets=[none, *_pairs(targets, self.target)],
            conditions=[("", _("process_editor.when.always")), *((one.value, when_words(one)) for one in When)],
            outcomes=[none, *((one.value, label(one)) for one in Outcome)],
            after=_pairs([one["code"] for one in definition["steps"]], self.target),
        )

    # The picture

    def diagram(self, process: Process, title: str) -> Diagram:
        """The process as boxes and ways."""
        boxes = [
            Box(step.code, named(dict(step.name)), str(n), _("process_editor.box", role=self.role(step.role),
                                                             share=step.clock_share))
            for n, step in enumerate(process.steps, 1)
        ]  # fmt: skip
        arrows = [Arrow(step.code, way.to, self.way(way)) for step in process.steps for way in step.next]
        return Diagram(title, (*boxes, *self.ends(arrows)), tuple(arrows))

    def ends(self, arrows: Iterable[Arrow]) -> list[Box]:
        """The boxes at the end that something leads to."""
        reached = {arrow.target for arrow in arrows}
        return [Box(code, self.target(code), last=True) for code in (END, NEW_PROCESS) if code in reached]

    # What differs

    def difference(self, one: Difference) -> tuple[str, str, str, str]:
        """A difference as a row: step, property, before, after."""
        section = _("process_editor.head") if one.step is None else self.steps.get(one.step, one.step)
        if one.item == WAY:
            item = self.way(NextAction(one.action, "", when=When(one.when) if one.when else None))
        else:
            item = words("process_editor.item", one.item)
        return section, item, self.value(one, one.before), self.value(one, one.after)

    def value(self, one: Difference, value: Any) -> str:
        """One side of a difference."""
        if one.item == PLACE:
            return _("process_editor.after", step=self.steps.get(value, value)) if value else _("process_editor.first")
        if one.item == THERE:
            return named(dict(value)) if value else _("process_editor.not_there")
        if value in (None, "", [], {}) or (one.item == "note" and not any(value.values())):
            return _("process_editor.not_there") if one.item == WAY else _("layout.none")
        if one.item in ("name", "note"):
            return named(dict(value))
        return self._plain_value(one.item, value)

    def _plain_value(self, item: str, value: Any) -> str:
        join = _("layout.list.separator").join
        if item == WAY:
            asks = join([self.field(code) for code in value.get("requires", ())])
            ends = words("label.outcome", value["outcome"]) if value.get("outcome") else ""
            return join([part for part in (_("process_editor.to", step=self.target(value["to"])), asks, ends) if part])
        if item == "approvals":
            return join([approval_words(self.role(row["role"]), row.get("up_to_cny")) for row in value])
        worded = {
            "status": lambda code: words("label.complaint_status", code),
            "clock": lambda code: words("label.clock_code", code),
            "role": self.role,
            "clock_share": lambda share: _("process_editor.percent", share=share),
        }
        if item in worded:
            return worded[item](value)
        several = {"required_fields": self.field, "required_evidence": self.evidence, "acts": self._act_of}
        return join([several[item](code) for code in value])

    def _act_of(self, act: Any) -> str:
        return self.act(str(act.get("code")) if isinstance(act, Mapping) else str(act))


def when_words(when: When) -> str:
    """A condition in words."""
    return words("process_editor.when", when.value)


def approval_words(role: str, amount: Any) -> str:
    """Who approves, up to which amount."""
    if amount is None:
        return _("reference.processes.any_amount", role=role)
    from decimal import Decimal

    return _("process_editor.up_to", role=role, amount=money(Decimal(str(amount))))


def _pairs(codes: Sequence[str], words_of: Any) -> list[tuple[str, str]]:
    return [(code, words_of(code)) for code in dict.fromkeys(codes) if code]


def _listed() -> dict[str, dict[str, str]]:
    """Code → name of what a process names, retired entries too; read once a request."""

    def load() -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {name: {} for name in LISTS}
        order = (ListEntry.position, ListEntry.id)
        for row in reading().scalars(sa.select(ListEntry).where(ListEntry.list.in_(LISTS)).order_by(*order)):
            found[row.list][row.code] = named(row)
        found["roles"] = {row.code: named(row) for row in _roles()}
        return found

    return once("process words", load)


def _roles() -> list[Role]:
    return once("process roles", lambda: list(reading().scalars(sa.select(Role).order_by(Role.id))))


def _in_use(name: str) -> list[str]:
    if name == "roles":
        return [row.code for row in _roles() if row.retired_at is None]
    return once(
        f"in use {name}",
        lambda: list(
            reading().scalars(
                sa.select(ListEntry.code)
                .where(ListEntry.list == name, ListEntry.retired_at.is_(None))
                .order_by(ListEntry.position, ListEntry.id)
            )
        ),
    )
