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


def bind_dossiers(dossiers: Iterable[tuple[str, bytes]], stream: IO[bytes]) -> int:
    """Write whole dossiers behind each other: under the number of each its own parts, and its links lead within it.

    Files that were embedded in them are left out: they have no place in a print of many. Says how many pages there are;
    raises ValueError for none.
    """
    from pypdf import PdfReader, PdfWriter

    writer: Any = None
    found: list[tuple[str, int, list[tuple[str, int]]]] = []
    for number, data in dossiers:
        reader = PdfReader(io.BytesIO(data))
        before = 0 if writer is None else len(writer.pages)
        titles = [str(one.title) for one in reader.outline if not isinstance(one, list)]
        found.append((number, before, [(title, before + at) for title, at in zip(titles, _tops(reader), strict=True)]))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if writer is None:
                writer = PdfWriter(clone_from=reader)
                for name in ("/Outlines", "/AF"):
                    writer.root_object.pop(name, None)
                writer.root_object.get("/Names", {}).pop("/EmbeddedFiles", None)
            else:
                writer.append(reader, import_outline=False)
        _lead_within(writer, reader, before)
    if writer is None:
        raise ValueError("there is nothing to bind")
    for number, page, parts in found:
        top = writer.add_outline_item(title=number, page_number=page)
        for title, at in parts:
            writer.add_outline_item(title=title, page_number=at, parent=top)
    pages = len(writer.pages)
    writer.write(stream)
    writer.close()
    return pages


def _lead_within(writer: Any, reader: Any, before: int) -> None:
    """Links go by names that each dossier has, too: let them name the page itself."""
    from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NullObject

    named = {name: reader.get_destination_page_number(one) for name, one in reader.named_destinations.items()}
    for page in writer.pages[before:]:
        for reference in page.get("/Annots") or ():
            link = reference.get_object()
            wanted = link.get("/Dest") or link.get("/A", DictionaryObject()).get("/D")
            if isinstance(wanted, str) and (at := named.get(wanted)) is not None:
                target = writer.pages[before + at].indirect_reference
                link.pop("/A", None)
                link[NameObject("/Dest")] = ArrayObject(
                    [target, NameObject("/XYZ"), NullObject(), NullObject(), NullObject()]
                )


def _tops(reader: Any) -> list[int]:
    """The pages (from 0) of the bookmarks at the top."""
    return [reader.get_destination_page_number(one) for one in reader.outline if not isinstance(one, list)]
