"""Several PDFs in one, with an outline to turn to their parts by (R33): groups, and under each its papers."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO, Any


@dataclass(frozen=True)
class Mark:
    """Where a paper begins: its group (a department; empty: none) and its own title."""

    group: str
    title: str


@dataclass(frozen=True)
class Part:
    """A finished PDF and what its top bookmarks are called in the whole, in their order."""

    data: bytes
    marks: tuple[Mark, ...]


def bind(parts: Iterable[Part], stream: IO[bytes]) -> int:
    """Write the parts behind each other into one archival PDF; says how many pages it has.

    Only one part is laid out at a time, so that memory holds finished pages and never the layout. Raises ValueError
    for none.
    """
    from pypdf import PdfReader, PdfWriter

    writer: Any = None
    groups: dict[str, Any] = {}
    found: list[tuple[Mark, int]] = []
    for part in parts:
        reader = PdfReader(io.BytesIO(part.data))
        before = 0 if writer is None else len(writer.pages)
        found += [(mark, before + place) for mark, place in zip(part.marks, _tops(reader), strict=False)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if writer is None:
                writer = PdfWriter(clone_from=reader)
                writer.root_object.pop("/Outlines", None)
            else:
                writer.append(reader, import_outline=False)
    if writer is None:
        raise ValueError("there is nothing to bind")
    for mark, page in found:
        if mark.group and mark.group not in groups:
            groups[mark.group] = writer.add_outline_item(title=mark.group, page_number=page)
        writer.add_outline_item(title=mark.title, page_number=page, parent=groups.get(mark.group))
    pages = len(writer.pages)
    writer.write(stream)
    writer.close()
    return pages


def _tops(reader: Any) -> list[int]:
    """The pages (from 0) of the bookmarks at the top."""
    return [reader.get_destination_page_number(one) for one in reader.outline if not isinstance(one, list)]
