"""A certificate on A4 across (R32): whom it honours, for what, by whom. Primitives only; PDF/A like every paper."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from backoffice.reports.blocks import Text
from backoffice.reports.glyphs import missing_warning
from backoffice.reports.paper import Say, render
from backoffice.reports.pdf import safe_file_name, write_pdf
from backoffice.reports.sheet import LANGUAGE_TAGS, PrintedSheet

STYLESHEETS = ("print/certificate.css",)


@dataclass(frozen=True)
class Certificate:
    """What stands on it, in the words of ``language``; ``made`` is aware."""

    language: str
    title: Text
    name: Text
    under: Text
    text: Text
    award: Text
    office: Text
    day: str
    number: str
    made: datetime


def certificate_html(of: Certificate, say: Say, missing: frozenset[str] = frozenset()) -> str:
    """The certificate as the HTML that is printed."""
    return render("certificate.html", say, missing, of=of, language=LANGUAGE_TAGS[of.language])


def print_certificate(of: Certificate, say: Say) -> PrintedSheet:
    """The certificate as a PDF; what has no glyph here is printed as its code. DomainError where nothing prints."""
    pdf = write_pdf(certificate_html(of, say), STYLESHEETS)
    missing = pdf.missing
    if missing:
        pdf = write_pdf(certificate_html(of, say, missing), STYLESHEETS)
    return PrintedSheet(pdf.data, pdf.pages, safe_file_name(f"{of.number}-certificate.pdf"), missing_warning(missing))
