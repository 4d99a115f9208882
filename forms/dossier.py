"""What a person chooses before a dossier is printed (R22, R39)."""

from __future__ import annotations

from wtforms import Form, RadioField, TextAreaField
from wtforms.validators import InputRequired, Length

from backoffice.services.dossier.commands import LONGEST_REASON
from policies.message import Message
from policies.vocabulary import Language, label_key

MASKED, FULL = "masked", "full"


class PrintForm(Form):
    """Kind of copy, language, and the reason for a copy in clear; that one is needed is the service's rule."""

    kind = RadioField(
        Message("dossier.page.kind"),
        [InputRequired()],
        choices=[(MASKED, Message("dossier.page.masked")), (FULL, Message("dossier.page.full"))],
        default=MASKED,
    )
    language = RadioField(
        Message("dossier.page.language"),
        [InputRequired()],
        choices=[(language.value, Message(label_key(language))) for language in Language],
    )
    reason = TextAreaField(
        Message("dossier.page.reason"),
        [Length(max=LONGEST_REASON, message=Message("dossier.refusal.long_reason", {"limit": LONGEST_REASON}))],
        description=Message("dossier.page.reason_help"),
    )

    @classmethod
    def for_reader(cls, data: object, *, language: str, may_full: bool) -> PrintForm:
        """The form as this person may use it: who may not print in clear is not offered it."""
        form = cls(data, language=language)
        if not may_full:
            form.kind.choices = [choice for choice in form.kind.choices if choice[0] != FULL]
            del form.reason
        return form
