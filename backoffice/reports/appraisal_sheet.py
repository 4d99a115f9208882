"""The appraisal sheet on one A4 page (R33): indicators, rewards and penalties, conclusion, opinions with signatures.

It is handed primitives and knows no tables; several sheets make one document, each on a page of its own and with a
bookmark. PDF/A like every paper of the office.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from backoffice.reports.blocks import Text, Tick
from backoffice.reports.glyphs import missing_warning
from backoffice.reports.paper import Say, render
from backoffice.reports.pdf import Pdf, safe_file_name, write_pdf
from backoffice.reports.sheet import LANGUAGE_TAGS
from policies.message import Message

STYLESHEETS = ("print/dossier.css", "print/appraisal-sheet.css")


@dataclass(frozen=True)
class Row:
    """One indicator. ``rated`` is false below the minimum sample; then ``score`` says so."""

    name: Text
    definition: Text
    numerator: Text
    denominator: Text
    sample: Text
    value: Text
    target: Text
    previous: Text
    weight: Text
    score: Text
    contribution: Text
    rated: bool = True


@dataclass(frozen=True)
class Item:
    """A reward, a penalty or points beside the formula."""

    kind: Text
    reason: tuple[Text, ...]
    basis: Text
    points: Text
    amount: Text


@dataclass(frozen=True)
class Box:
    """An opinion with a line to sign on."""

    title: Text
    said: tuple[Text, ...]
    sign: Text
    ticks: tuple[Tick, ...] = ()


@dataclass(frozen=True)
class AppraisalPaper:
    """A whole sheet in the words of ``language``. ``stamp``: what is stamped on it; ``locked``: figures never move.

    ``who``: pairs of label and value, four to a line. ``results``: label and value of the conclusion, the grade second.
    ``place``: which of several sheets it is; empty for a single one, which counts its pages instead.
    """

    language: str
    title: Text
    number: str
    period: Text
    stamp: Text
    locked: bool
    office: Text
    made: datetime
    made_text: Text
    bookmark: Text
    who: tuple[tuple[Text, Text], ...]
    rows: tuple[Row, ...]
    totals: tuple[Text, Text, Text]
    items: tuple[Item, ...]
    items_total: tuple[Text, Text]
    results: tuple[tuple[Text, Text], ...]
    boxes: tuple[Box, ...]
    remarks: tuple[Text, ...]
    check: Text
    sha256: str
    place: Text = ""


@dataclass(frozen=True)
class PrintedAppraisal:
    """The finished PDF; ``warning`` names characters without a glyph here."""

    data: bytes
    pages: int
    file_name: str
    warning: Message | None


def appraisal_html(papers: Sequence[AppraisalPaper], say: Say, missing: frozenset[str] = frozenset()) -> str:
    """Sheets as the HTML that is printed."""
    marks = say(Message("dossier.running.page", {"page": "\x01", "pages": "\x01"})).split("\x01")
    first = papers[0]
    return render(
        "appraisal_sheet.html", say, missing,
        papers=papers, first=first, language=LANGUAGE_TAGS[first.language], page_marks=marks,
    )  # fmt: skip


def render_appraisal(papers: Sequence[AppraisalPaper], say: Say) -> Pdf:
    """Sheets as one PDF; what has no glyph here is printed as its code. Raises DomainError where nothing prints."""
    pdf = write_pdf(appraisal_html(papers, say), STYLESHEETS)
    if not pdf.missing:
        return pdf
    again = write_pdf(appraisal_html(papers, say, pdf.missing), STYLESHEETS)
    return Pdf(again.data, again.pages, pdf.missing)


def print_appraisal(paper: AppraisalPaper, say: Say) -> PrintedAppraisal:
    """One sheet as PDF/A-3b."""
    pdf = render_appraisal([paper], say)
    return PrintedAppraisal(pdf.data, pdf.pages, safe_file_name(f"{paper.number}.pdf"), missing_warning(pdf.missing))
