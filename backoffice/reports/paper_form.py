"""Blank intake forms on paper (R9), a page for each reserved number: filled in by hand while the system is down.

Primitives only; the renderer fetches nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from backoffice.reports.blocks import Text
from backoffice.reports.dossier import LANGUAGE_TAGS
from backoffice.reports.paper import Say, render
from backoffice.reports.pdf import safe_file_name, write_pdf

STYLESHEETS = ("print/dossier.css", "print/notice.css", "print/paper_form.css")
# What is asked, in the order of the form on the screen: code, and whether it takes the whole width, and how high.
CUSTOMER = (
    ("contact_phone", "half"),
    ("customer_name", "half"),
    ("preferred_contact", "half"),
    ("email", "half"),
    ("address", "full"),
)
STORY = (
    ("what", "story"), ("who", "half"), ("where", "half"), ("occurred_at", "half"), ("bought_on", "half"),
    ("why", "tall"), ("demand", "tall"),
)  # fmt: skip
GRADING = (("category", "half"), ("product", "half"), ("product_symptom", "full"))
READ_BACK = frozenset({"contact_phone", "customer_name", "address", "what", "occurred_at", "demand", "product_symptom"})


@dataclass(frozen=True)
class BlankForm:
    """One form: its number, the day of that number, who has it."""

    number: str
    day: date
    taken_by: Text


@dataclass(frozen=True)
class BlankForms:
    """The forms in the words of ``language``, a page each; ``made`` is aware."""

    language: str
    office: Text
    phone: str
    forms: Sequence[BlankForm]
    made: datetime
    made_text: Text
    channels: Sequence[Text]
    severities: Sequence[Text]


@dataclass(frozen=True)
class PrintedForms:
    """The finished PDF."""

    data: bytes
    pages: int
    file_name: str


def forms_html(forms: BlankForms, say: Say) -> str:
    """The forms as the HTML that is printed."""
    return render(
        "paper_form.html", say, forms=forms, language=LANGUAGE_TAGS[forms.language], read_back=READ_BACK,
        groups=(("customer", CUSTOMER), ("story", STORY), ("grading", GRADING)),
    )  # fmt: skip


def print_forms(forms: BlankForms, say: Say) -> PrintedForms:
    """The forms as a PDF. DomainError where nothing prints."""
    pdf = write_pdf(forms_html(forms, say), STYLESHEETS)
    return PrintedForms(pdf.data, pdf.pages, safe_file_name(f"intake-forms-{forms.forms[0].number}.pdf"))
