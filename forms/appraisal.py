"""Forms of the appraisal (R32, R33): an objection and its decision, who decides, a line outside the formula."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from wtforms import BooleanField, Form, MultipleFileField, RadioField, SelectField, SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget

from backoffice.services.appraisal_appeal import Decision, Figures
from forms.fields import LineField, MoneyField, Required, WordsField
from policies.appraisal_course import MOST_FILES
from policies.appraisal_lines import Proposal
from policies.indicator import shown_text
from policies.message import Message
from policies.vocabulary_appraisal import LineKind, SheetAppealResult

Pairs = Sequence[tuple[str, Any]]
EMPTY = ("", Message("form.choose"))
UNREADABLE = Decimal(-1)
"""What cannot be read as a number: no figure, so that the rules refuse it beside its field."""


def _ticks(label: str, choices: Pairs, *, needed: bool, helped: str = "") -> SelectMultipleField:
    return SelectMultipleField(
        Message(label), [Required()] if needed else [], choices=list(choices), validate_choice=False,
        option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False),
        description=Message(helped) if helped else "",
    )  # fmt: skip


def _files() -> MultipleFileField:
    return MultipleFileField(
        Message("appraisal.field.file"), description=Message("appraisal.help.file", {"limit": MOST_FILES})
    )


def appeal_form(items: Pairs) -> type[Form]:
    """The form with which somebody objects to a sheet."""
    members = {
        "items": _ticks("appraisal.field.items", items, needed=True, helped="appraisal.help.items"),
        "reasons": WordsField(
            Message("appraisal.field.reasons"), [Required()], description=Message("appraisal.help.reasons")
        ),
        "against_check": BooleanField(
            Message("appraisal.field.against_check"), description=Message("appraisal.help.against_check")
        ),
        "file": _files(),
    }
    return type("SheetAppealForm", (Form,), members)


def decision_form(codes: Pairs, lines: Pairs, addable: Pairs = ()) -> type[Form]:
    """The form that decides it: the contested figures, which of them are counted again, the lines to be struck and to
    be added, the result and its ground.
    """
    members: dict[str, Any] = {}
    for code, name in codes:
        for part in ("numerator", "denominator", "sample"):
            label = Message(f"appraisal.field.{part}_of", {"name": name})
            members[f"{part}-{code}"] = LineField(label)
    if codes:
        members["recounted"] = _ticks(
            "appraisal.field.recounted", codes, needed=False, helped="appraisal.help.recounted"
        )
    if addable:
        members["added"] = _ticks("appraisal.field.added", addable, needed=False, helped="appraisal.help.added")
    if lines:
        members["struck"] = _ticks("appraisal.field.struck", lines, needed=False, helped="appraisal.help.struck")
    members["result"] = RadioField(
        Message("appraisal.field.result"), [Required()], validate_choice=False,
        choices=[(one.value, Message(f"appraisal.result.{one}")) for one in SheetAppealResult],
    )  # fmt: skip
    members["ground"] = WordsField(
        Message("appraisal.field.ground"), [Required()], description=Message("appraisal.help.ground")
    )
    return type("SheetDecisionForm", (Form,), members)


def present_decision(lines: Mapping[str, Any], codes: Pairs) -> dict[str, str]:
    """The figures as they stand."""
    return {
        f"{part}-{code}": shown_text(str(getattr(lines[code], part)))
        for code, _name in codes
        for part in ("numerator", "denominator", "sample")
    }


def decision_from(form: Form, codes: Sequence[str]) -> Decision:
    """What was decided; numbers that cannot be read are none that the rules let through."""
    chosen = str(form["result"].data or "")
    struck = form["struck"].data or [] if "struck" in form else []
    return Decision(
        SheetAppealResult(chosen) if chosen in list(SheetAppealResult) else None,
        form["ground"].data or "",
        {
            code: Figures(
                _number(form[f"numerator-{code}"].data),
                _number(form[f"denominator-{code}"].data),
                _whole(form[f"sample-{code}"].data),
            )
            for code in codes
        },
        [int(one) for one in struck if one.isascii() and one.isdecimal() and len(one) < 19],
        _ticked(form, "recounted"),
        _ticked(form, "added"),
    )


def _ticked(form: Form, name: str) -> list[str]:
    return list(form[name].data or []) if name in form else []


def _number(text: str | None) -> Decimal:
    try:
        found = Decimal((text or "").replace(",", ""))
    except InvalidOperation:
        return UNREADABLE
    return found if found.is_finite() and abs(found) < 10**12 else UNREADABLE


def _whole(text: str | None) -> int:
    text = text or ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else -1


def decider_form(people: Pairs) -> type[Form]:
    """The form that names who decides."""
    field = SelectField(
        Message("appraisal.field.decider"), [Required()], choices=[EMPTY, *people], validate_choice=False,
        description=Message("appraisal.help.decider"),
    )  # fmt: skip
    return type("DeciderForm", (Form,), {"decider": field})


def proposal_form(whose: Mapping[str, Pairs], codes: Mapping[str, Pairs]) -> type[Form]:
    """The form that proposes a line: for whom, which month, what, its worth, its ground and evidence."""
    members = {
        "whose": SelectField(
            Message("appraisal.field.whose"), [Required()], choices={"": [EMPTY], **whose}, validate_choice=False
        ),
        "month": LineField(Message("appraisal.field.month"), [Required()], description=Message("appraisal.help.month")),
        "code": SelectField(
            Message("appraisal.field.code"), [Required()], choices={"": [EMPTY], **codes}, validate_choice=False
        ),
        "amount": MoneyField(Message("appraisal.field.amount"), description=Message("appraisal.help.amount")),
        "ground": WordsField(
            Message("appraisal.field.line_ground"), [Required()], description=Message("appraisal.help.line_ground")
        ),
        "file": _files(),
    }
    return type("ProposalForm", (Form,), members)


def proposal_from(form: Form) -> Proposal:
    """What was proposed; what is on no list is nothing."""
    kind, _colon, code = str(form["code"].data or "").partition(":")
    return Proposal(
        LineKind(kind) if kind in list(LineKind) else None, code, form["ground"].data or "", form["amount"].data
    )


def whose_from(form: Form) -> tuple[int | None, int | None]:
    """For whom: a member of staff, or a department."""
    kind, _colon, text = str(form["whose"].data or "").partition(":")
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
    return (number if kind == "staff" else None, number if kind == "department" else None)


def ground_form() -> type[Form]:
    """The form in which somebody refuses a line with a ground."""
    ground = WordsField(Message("appraisal.field.ground"), [Required()])
    return type("GroundForm", (Form,), {"ground": ground})
