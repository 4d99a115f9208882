"""A training file on paper (R34): who it is of, posts, what was attended with room to sign for each entry, what is due.

Primitives only; the renderer fetches nothing.
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

STYLESHEETS = ("print/dossier.css", "print/notice.css", "print/training.css")


@dataclass(frozen=True)
class FilePart:
    """One part of the file under its heading."""

    heading: Text
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class FileContent:
    """A whole file in the words of ``language`` (zh_Hans or en); ``made`` is aware, ``code`` the staff number."""

    language: str
    code: str
    office: Text
    person: Text
    made: datetime
    made_text: Text
    by: Text
    parts: tuple[FilePart, ...]
    signatures: tuple[Text, ...]
    remark: Text = ""


@dataclass(frozen=True)
class PrintedFile:
    """The finished PDF."""

    data: bytes
    pages: int
    file_name: str


def file_html(content: FileContent, say: Say, missing: frozenset[str] = frozenset()) -> str:
    """The file as the HTML that is printed."""
    return render("training_file.html", say, missing, file=content, language=LANGUAGE_TAGS[content.language])


def print_file(content: FileContent, say: Say) -> PrintedFile:
    """The file as a PDF; characters without a glyph are named. DomainError where nothing prints."""
    pdf = write_pdf(file_html(content, say), STYLESHEETS)
    if pdf.missing:
        remark: Message | None = missing_warning(pdf.missing)
        warned = replace(content, remark=remark if remark is not None else "")
        pdf = write_pdf(file_html(warned, say, pdf.missing), STYLESHEETS)
    return PrintedFile(pdf.data, pdf.pages, safe_file_name(f"training-{content.code}.pdf"))
