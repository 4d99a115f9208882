"""The notice of a corrective action on paper (R30): what is to be put right, by whom, until when; the result and its
verification; places to sign. Primitives only, as with the dossier.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from backoffice.reports.blocks import Block, Text
from backoffice.reports.dossier import LANGUAGE_TAGS
from backoffice.reports.glyphs import missing_warning
from backoffice.reports.paper import Say, render
from backoffice.reports.pdf import safe_file_name, write_pdf
from policies.message import Message

STYLESHEETS = ("print/dossier.css", "print/notice.css")


@dataclass(frozen=True)
class Part:
    """One part of the sheet under its heading."""

    heading: Text
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class NoticeContent:
    """A whole notice in the words of ``language`` (zh_Hans or en); ``made`` is aware. Everything is masked."""

    language: str
    number: str
    office: Text
    made: datetime
    made_text: Text
    by: Text
    parts: tuple[Part, ...]
    signatures: tuple[Text, ...]
    remark: Text = ""


@dataclass(frozen=True)
class PrintedNotice:
    """The finished PDF."""

    data: bytes
    pages: int
    file_name: str


def notice_html(content: NoticeContent, say: Say, missing: frozenset[str] = frozenset()) -> str:
    """The notice as the HTML that is printed."""
    language = LANGUAGE_TAGS[content.language]
    return render("corrective_notice.html", say, missing, notice=content, language=language)


def print_notice(content: NoticeContent, say: Say) -> PrintedNotice:
    """The notice as a PDF; characters without a glyph are named, as in a dossier. DomainError where nothing prints."""
    pdf = write_pdf(notice_html(content, say), STYLESHEETS)
    if pdf.missing:
        remark: Message | None = missing_warning(pdf.missing)
        warned = replace(content, remark=remark if remark is not None else "")
        pdf = write_pdf(notice_html(warned, say, pdf.missing), STYLESHEETS)
    return PrintedNotice(pdf.data, pdf.pages, safe_file_name(f"{content.number}-notice.pdf"))
