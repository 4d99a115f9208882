"""HTML to an archival PDF (PDF/A-3b) with files embedded; the renderer fetches nothing from outside (R22).

WeasyPrint is imported only when something is printed, so that the console runs on a machine without Pango; then
``printing_available`` says what is missing. Rendering is serial within a process: Pango's font map is shared.
"""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from backoffice.errors import DomainError
from backoffice.reports.glyphs import MissingGlyphs, printable
from policies.message import Message, Refusal

STATIC = Path(__file__).resolve().parents[2] / "templates" / "static"
BUNDLED_FONTS = Path(__file__).resolve().parents[2] / "fonts" / "fonts.conf"  # where fonts came along in a bundle
VARIANT = "pdf/a-3b"
PROBE = "<p>投诉处理卷宗</p>"

_rendering = threading.Lock()
_probed: list[bool] = []


@dataclass(frozen=True)
class EmbeddedFile:
    """A file that travels inside the PDF; ``relationship`` as PDF/A-3 has it: Source, Data, Supplement, Unspecified."""

    name: str
    data: bytes
    description: str = ""
    relationship: str = "Supplement"
    at: datetime | None = None


@dataclass(frozen=True)
class Pdf:
    """A finished document: its bytes, its number of pages, the characters that no installed font has."""

    data: bytes
    pages: int
    missing: frozenset[str] = frozenset()


def printing_available() -> Message | None:
    """None when documents can be printed; otherwise what is missing and how to get it (Pango, a Chinese font)."""
    if BUNDLED_FONTS.is_file():  # before the renderer looks for fonts the first time
        os.environ.setdefault("FONTCONFIG_FILE", str(BUNDLED_FONTS))
    try:
        import weasyprint
    except (ImportError, OSError):
        return Message("print.missing.pango", {"packages": "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"})
    if not _probed:
        with _rendering, _quiet(), MissingGlyphs() as log:
            weasyprint.HTML(string=PROBE, url_fetcher=_fetcher()).write_pdf(font_config=_fonts())
        if log.characters:
            return Message("print.missing.font", {"packages": "fonts-noto-cjk"})
        _probed.append(True)
    return None


def require_printing() -> None:
    """Raises DomainError (409) with what is missing when nothing can be printed here."""
    missing = printing_available()
    if missing is not None:
        raise DomainError(Refusal(missing.key, missing.params, status=409))


def write_pdf(html: str, stylesheets: Sequence[str], files: Sequence[EmbeddedFile] = ()) -> Pdf:
    """Render ``html`` with ``stylesheets`` (paths below ``templates/static``) and embed ``files`` in their order.

    Raises DomainError when printing is not possible on this machine, ValueError when a stylesheet or picture is asked
    for that is not the project's own.
    """
    require_printing()
    from weasyprint import HTML

    with _rendering, _quiet(), MissingGlyphs() as log:
        fonts = _fonts()
        document = HTML(string=html, base_url=STATIC.as_uri() + "/", url_fetcher=_fetcher()).render(
            font_config=fonts, stylesheets=[_stylesheet(name) for name in stylesheets], pdf_variant=VARIANT
        )
        document.metadata.attachments.extend(_attachment(number, file) for number, file in enumerate(files, 1))
        data = document.write_pdf(pdf_variant=VARIANT, finisher=_list_each_file_once)
    if log.complaints:
        raise ValueError(f"the document asks for what it may not have: {log.complaints[0]}")
    return Pdf(data, len(document.pages), frozenset(log.characters))


@contextmanager
def _quiet() -> Iterator[None]:
    """The renderer leaves the closing of its colour profile to Python; where warnings are errors that would be one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield


@cache
def _fonts() -> Any:
    """One font configuration for the process: making it anew for each document doubles the memory."""
    from weasyprint.text.fonts import FontConfiguration

    return FontConfiguration()


@cache
def _stylesheet(name: str) -> Any:
    from weasyprint import CSS

    return CSS(filename=str(STATIC / name), url_fetcher=_fetcher(), font_config=_fonts())


@cache
def _fetcher() -> Any:
    from weasyprint.urls import URLFetcher

    class OwnFilesOnly(URLFetcher):
        """Opens the project's static files and refuses every other address, whatever a document asks for."""

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            parts = urlsplit(url)
            path = Path(url2pathname(parts.path)).resolve()
            if parts.scheme != "file" or parts.netloc or not path.is_relative_to(STATIC):
                raise ValueError("only the project's own files may be fetched")
            return super().fetch(url, headers)

    return OwnFilesOnly(allowed_protocols={"file"})


def _attachment(number: int, file: EmbeddedFile) -> Any:
    """The number before the name keeps names apart and in the order in which a PDF's name tree must be sorted."""
    from weasyprint import Attachment

    at = (file.at or datetime.fromtimestamp(0, UTC)).astimezone(UTC)
    return Attachment(
        file_obj=BytesIO(file.data),
        name=f"{number:03d}-{safe_file_name(file.name)}",
        description=printable(file.description),
        created=at,
        modified=at,
        relationship=file.relationship,
    )


def safe_file_name(name: str) -> str:
    """``name`` without folders, control characters and what Windows forbids in names; at most 120 characters."""
    bare = printable(name).replace("\\", "/").rsplit("/", 1)[-1].replace("\n", " ").replace("\t", " ")
    bare = "".join("_" if character in '<>:"|?*' else character for character in bare).strip(" .")
    if len(bare) > 120:
        stem, dot, ending = bare.rpartition(".")
        bare = f"{stem[: 119 - len(ending)]}.{ending}" if dot and len(ending) < 10 else bare[:120]
    return bare or "file"


def _list_each_file_once(_document: Any, pdf: Any) -> None:
    """The renderer lists an associated file by its name and again by its object; a reader would show it twice."""
    files = pdf.catalog.get("AF")
    if files:
        once = list(dict.fromkeys(files))
        files.clear()
        files.extend(once)
