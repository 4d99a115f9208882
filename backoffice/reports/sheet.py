"""A paper of a page or two (R28, R31): title, parts, signature lines; inspection sheets and month reports.

It is handed primitives and knows no tables; PDF/A like every paper of the office.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from backoffice.reports.blocks import Block, Text
from backoffice.reports.glyphs import missing_warning
from backoffice.reports.paper import Say, render
from backoffice.reports.pdf import safe_file_name, write_pdf
from policies.message import Message

STYLESHEETS = ("print/dossier.css", "print/sheet.css")
LANGUAGE_TAGS = {"zh_Hans": "zh-Hans", "en": "en"}


@dataclass(frozen=True)
class SheetPart:
    """One part with its heading; ``note`` is a quiet line beside it."""

    heading: Text
    blocks: tuple[Block, ...]
    note: Text = ""


@dataclass(frozen=True)
class SheetPaper:
    """A whole paper in the words of ``language``; ``left`` and ``right`` stand under the title, ``made`` is aware.

    ``stamp``: what is stamped on it. ``signatures``: who signs. ``remarks``: numbered, at its end.
    """

    language: str
    title: Text
    left: Text
    right: Text
    office: Text
    made: datetime
    made_text: Text
    file_stem: str
    parts: tuple[SheetPart, ...]
    stamp: Text = ""
    signatures: tuple[Text, ...] = ()
    remarks: tuple[Text, ...] = ()


@dataclass(frozen=True)
class PrintedSheet:
    """The finished PDF; ``warning`` names characters without a glyph here."""

    data: bytes
    pages: int
    file_name: str
    warning: Message | None


def sheet_html(paper: SheetPaper, say: Say, missing: frozenset[str] = frozenset()) -> str:
    """The paper as the HTML that is printed."""
    marks = say(Message("dossier.running.page", {"page": "\x01", "pages": "\x01"})).split("\x01")
    return render("sheet.html", say, missing, paper=paper, language=LANGUAGE_TAGS[paper.language], page_marks=marks)


def print_sheet(paper: SheetPaper, say: Say) -> PrintedSheet:
    """The paper as PDF/A-3b; what has no glyph here is printed as its code. Raises DomainError where nothing prints."""
    pdf = write_pdf(sheet_html(paper, say), STYLESHEETS)
    missing = pdf.missing
    if missing:
        pdf = write_pdf(sheet_html(paper, say, missing), STYLESHEETS)
    name = "".join(sign for sign in paper.file_stem if sign.isascii())
    return PrintedSheet(pdf.data, pdf.pages, safe_file_name(f"{name}.pdf"), missing_warning(missing))
