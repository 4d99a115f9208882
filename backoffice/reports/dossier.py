"""The archive dossier of one complaint on paper: cover, contents, every part, attachments, later additions (R22).

It is handed primitives and knows no tables: ``DossierContent`` arrives masked or in full, and the cover says which.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from backoffice.reports.blocks import Block, Fact, Facts, Text
from backoffice.reports.glyphs import missing_warning
from backoffice.reports.paper import Say, ordinal, render, size_text
from backoffice.reports.pdf import EmbeddedFile, Pdf, safe_file_name, write_pdf
from policies.message import Message

STYLESHEETS = ("print/dossier.css",)
FRESH_PAGE = frozenset({"handling_form", "original_record", "event_log"})
LANGUAGE_TAGS = {"zh_Hans": "zh-Hans", "en": "en"}


@dataclass(frozen=True)
class Stamp:
    """The archive's stamp on the cover; the number of pages is added by the renderer as its last field."""

    heading: Text
    fields: tuple[tuple[Text, Text], ...]


@dataclass(frozen=True)
class PrintMark:
    """Who made this copy and when. ``copy`` counts copies of this dossier from 1; ``masked``: without customer data."""

    by: Text
    at: Text
    copy: int
    masked: bool


@dataclass(frozen=True)
class PartContent:
    """One part. ``blocks`` empty and no ``absence``: not needed here, so left out and not numbered.

    ``absence`` says why a required part is empty: still to come (``lacking``) or never reached.
    """

    code: str
    heading: Text
    blocks: tuple[Block, ...] = ()
    date: Text = ""
    remark: Text = ""
    absence: Text = ""
    lacking: bool = False

    @property
    def shown(self) -> bool:
        return bool(self.blocks or self.absence)


@dataclass(frozen=True)
class ChainMark:
    """State of the history when the dossier was made: number of events, last check value, whether all links hold."""

    events: int
    last: str
    intact: bool


@dataclass(frozen=True)
class AttachedFile:
    """A file of the dossier. ``data`` None: listed only, ``not_embedded`` says why (masked copy, too large, gone)."""

    name: str
    size: int
    sha256: str
    source: Text
    at: datetime
    data: bytes | None = None
    not_embedded: Text = ""
    original: bool = False

    @property
    def size_text(self) -> str:
        return size_text(self.size)


@dataclass(frozen=True)
class AdditionContent:
    """What was added after archiving: pages of its own with its own date; the archived parts stay as they were."""

    heading: Text
    at: Text
    by: Text
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class DossierContent:
    """A whole dossier as primitives, in the words of ``language`` (zh_Hans or en); ``made`` is aware."""

    language: str
    number: str
    archive_number: str
    office: Text
    matter: Text
    secrecy: Text
    made: datetime
    made_text: Text
    print_mark: PrintMark
    cover: tuple[Fact, ...]
    parts: tuple[PartContent, ...]
    chain: ChainMark
    stamp: Stamp | None = None
    files: tuple[AttachedFile, ...] = ()
    closing: tuple[Block, ...] = ()
    closing_date: Text = ""
    additions: tuple[AdditionContent, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """A part in its place: ``number`` in the language's own digits, ``anchor`` for contents and links."""

    number: str
    anchor: str
    part: PartContent

    @property
    def fresh(self) -> bool:
        return self.part.code in FRESH_PAGE


@dataclass(frozen=True)
class PrintedDossier:
    """The finished PDF; ``warning`` names characters without a glyph here (their code stands in their place)."""

    data: bytes
    pages: int
    file_name: str
    warning: Message | None


def sheets(content: DossierContent) -> tuple[Sheet, ...]:
    """The parts that are shown, numbered without gaps; then the list of attachments and the archivist's statement."""
    parts = [part for part in content.parts if part.shown]
    if content.files:
        parts.append(PartContent("attachment_list", Message("dossier.sheet.attachments")))
    if content.closing:
        parts.append(
            PartContent(
                "closing_statement", Message("dossier.sheet.closing"), content.closing, date=content.closing_date
            )
        )
    return tuple(
        Sheet(ordinal(number, content.language), f"part-{part.code.replace('_', '-')}", part)
        for number, part in enumerate(parts, 1)
    )


def dossier_html(content: DossierContent, say: Say, missing: frozenset[str] = frozenset()) -> str:
    """The dossier as the HTML that is printed."""
    return render(
        "dossier.html",
        say,
        missing,
        dossier=content,
        sheets=sheets(content),
        cover_lines=Facts(content.cover).lines,
        language=LANGUAGE_TAGS[content.language],
        page_marks=say(Message("dossier.running.page", {"page": "\x01", "pages": "\x01"})).split("\x01"),
    )


def print_dossier(content: DossierContent, say: Say) -> PrintedDossier:
    """The dossier as PDF/A-3b. Where a character has no glyph it is printed again with the code in its place:
    an archival PDF may not hold a missing glyph, and a box tells nobody which character it was.

    Raises DomainError when this machine cannot print.
    """
    files = embedded_files(content, say)
    pdf = write_pdf(dossier_html(content, say), STYLESHEETS, files)
    missing = pdf.missing
    if missing:
        pdf = _without(missing, content, say, files)
    return PrintedDossier(pdf.data, pdf.pages, file_name(content), missing_warning(missing))


def _without(missing: frozenset[str], content: DossierContent, say: Say, files: tuple[EmbeddedFile, ...]) -> Pdf:
    warned = replace(content, cover=(*content.cover, _no_glyph_fact(missing)))
    return write_pdf(dossier_html(warned, say, missing), STYLESHEETS, files)


def _no_glyph_fact(missing: frozenset[str]) -> Fact:
    warning = missing_warning(missing)
    return Fact(Message("dossier.cover.no_glyph"), warning if warning is not None else "", wide=True)


def render_preview(content: DossierContent, say: Say) -> str:
    """The same content as a fragment for the console's page: no page rules, no running header, screen classes."""
    return render(
        "dossier_preview.html", say, dossier=content, sheets=sheets(content), cover_lines=Facts(content.cover).lines
    )


def embedded_files(content: DossierContent, say: Say) -> tuple[EmbeddedFile, ...]:
    """The files that travel inside the PDF: originals from the customer as its source, the rest as supplements."""
    return tuple(
        EmbeddedFile(
            name=file.name,
            data=file.data,
            description=say(file.source) if isinstance(file.source, Message) else file.source,
            relationship="Source" if file.original else "Supplement",
            at=file.at,
        )
        for file in content.files
        if file.data is not None
    )


def file_name(content: DossierContent) -> str:
    """Name for saving, in ASCII: number, kind of copy, which copy: ``TS20260401-0032-dossier-masked-2.pdf``."""
    kind = "masked" if content.print_mark.masked else "full"
    number = "".join(character for character in content.number if character.isascii())
    return safe_file_name(f"{number or 'dossier'}-dossier-{kind}-{content.print_mark.copy}.pdf")
