"""The pages for customers as an administrator sets them (R1)."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from wtforms import Form

from forms.fields import MomentField
from forms.reference import fields
from policies.message import Message
from policies.public_pages import LONGEST_ANNOUNCEMENT, LONGEST_NOTICE, PublicPages

NUMBERS = ("per_address", "overall")


def _field(code: str) -> str:
    return f"public_pages.field.{code}"


def _help(code: str) -> str:
    return f"public_pages.help.{code}"


def pages_form(zone: ZoneInfo) -> type[Form]:
    """The class of the form; its moments are typed in the office's time."""
    members: dict[str, Any] = {
        "form": fields.tick(_field("form"), help_key=_help("form")),
        "progress": fields.tick(_field("progress"), help_key=_help("progress")),
        "per_address": fields.WholeField(_field("per_address"), required=True, help_key=_help("per_address")),
        "overall": fields.WholeField(_field("overall"), required=True, help_key=_help("overall")),
        "unsure_category": fields.ChoiceField(_field("unsure_category"), help_key=_help("unsure_category")),
        "notice_zh": fields.text(_field("notice_zh"), LONGEST_NOTICE, help_key=_help("notice"), rows=5),
        "notice_en": fields.text(_field("notice_en"), LONGEST_NOTICE, rows=5),
        "announcement_zh": fields.text(
            _field("announcement_zh"), LONGEST_ANNOUNCEMENT, help_key=_help("announcement"), rows=3
        ),
        "announcement_en": fields.text(_field("announcement_en"), LONGEST_ANNOUNCEMENT, rows=3),
        "announcement_from": MomentField(Message(_field("announcement_from")), zone=zone),
        "announcement_until": MomentField(
            Message(_field("announcement_until")), zone=zone, description=Message(_help("announcement_until"))
        ),
    }
    return type("PublicPagesForm", (Form,), members)


def says(form: Any) -> PublicPages:
    """What was said; a number that is missing is nought, which is refused."""
    said = {name: form[name].data for name in PublicPages.__dataclass_fields__}
    texts = {name: value or "" for name, value in said.items() if name.endswith(("_zh", "_en", "_category"))}
    return PublicPages(**{**said, **texts, **{name: said[name] or 0 for name in NUMBERS}})
