"""The forms of a notice of a known fault: published or changed, and lifted (R8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from wtforms import Form, HiddenField, SelectMultipleField

from backoffice.models.fault_notice import FaultNotice
from forms.fields import LineField, MomentField, Required, WordsField
from forms.reference.fields import ChoiceField
from policies.fault_notice import LONGEST_ANSWER, LONGEST_AREA, LONGEST_TEXT, LONGEST_TITLE, LiftFacts, NoticeFacts
from policies.message import LANGUAGES, Message
from policies.vocabulary import label_key
from policies.vocabulary_notice import NoticeKind

Leaves = Mapping[str, Sequence[tuple[str, str]]]


def _label(code: str) -> Message:
    return Message(f"fault_notices.field.{code}")


def _both(name: str, longest: int, language: str, *, running: bool) -> dict[str, LineField | WordsField]:
    """A text in both languages, the one first and required in which the office writes to its customers."""
    own = LANGUAGES.get(language, "zh")
    kind = WordsField if running else LineField
    return {
        f"{name}_{one}": kind(
            _label(f"{name}_{one}"),
            [Required()] if one == own else [],
            description=Message(f"fault_notices.help.{name}" if one == own else "fault_notices.help.other_language"),
            render_kw={"maxlength": longest, **({"rows": 3} if running else {})},
        )
        for one in sorted(LANGUAGES.values(), key=lambda one: one != own)
    }


def notice_form(zone: ZoneInfo, language: str, leaves: Leaves) -> type[Form]:
    """The class of the form of a notice."""
    members = {
        "kind": ChoiceField("fault_notices.field.kind", NoticeKind, required=True),
        **_both("title", LONGEST_TITLE, language, running=False),
        "area": LineField(
            _label("area"), description=Message("fault_notices.help.area"), render_kw={"maxlength": LONGEST_AREA}
        ),
        "categories": SelectMultipleField(
            _label("categories"), [Required()], choices=dict(leaves), validate_choice=False,
            description=Message("fault_notices.help.categories"), render_kw={"size": 8},
        ),
        "since": MomentField(_label("since"), [Required()], zone=zone),
        "expected_at": MomentField(_label("expected_at"), zone=zone),
        **_both("tell", LONGEST_TEXT, language, running=True),
        "version": HiddenField(),
        "submission": HiddenField(),
    }  # fmt: skip
    return type("NoticeForm", (Form,), members)


def lift_form(zone: ZoneInfo, language: str, kind: NoticeKind) -> type[Form]:
    """The class of the form that ends a notice; a suggestion is answered with it."""
    members = {
        "lifted_at": MomentField(
            Message(f"fault_notices.field.lifted_at.{kind.value}"), [Required()], zone=zone
        ),
        "happened": WordsField(
            Message(f"fault_notices.field.happened.{kind.value}"), [Required()],
            description=Message("fault_notices.help.happened"), render_kw={"maxlength": LONGEST_TEXT, "rows": 3},
        ),
        "version": HiddenField(),
    }  # fmt: skip
    if kind is NoticeKind.SUGGESTION:
        members |= _both("answer", LONGEST_ANSWER, language, running=True)
    return type("LiftForm", (Form,), members)


def offer_kinds(form: Form) -> Form:
    """The same form with the kinds of notices."""
    form["kind"].choices = [(kind, Message(label_key(kind))) for kind in NoticeKind]
    return form


def facts_of(form: Form) -> NoticeFacts:
    """What was typed, for the service."""
    data = form.data
    texts = {name: data[name] or "" for name in ("title_zh", "title_en", "area", "tell_zh", "tell_en")}
    return NoticeFacts(
        kind=data["kind"] or NoticeKind.KNOWN_FAULT,
        categories=tuple(dict.fromkeys(data["categories"] or ())),
        since=data["since"],
        expected_at=data["expected_at"],
        **texts,
    )


def lift_of(form: Form) -> LiftFacts:
    """How it was said to end."""
    data = form.data
    return LiftFacts(
        data["lifted_at"], data["happened"] or "", data.get("answer_zh") or "", data.get("answer_en") or ""
    )


def shown(notice: FaultNotice) -> dict[str, object]:
    """A notice as its form shows it before anything is typed."""
    names = (
        "kind",
        "title_zh",
        "title_en",
        "area",
        "tell_zh",
        "tell_en",
        "categories",
        "since",
        "expected_at",
        "version",
    )
    return {name: getattr(notice, name) for name in names}
