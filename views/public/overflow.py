"""What was typed on the public form, out of a post that is too large to be taken (R1): only its files are lost.

Such a post is not read by the house's own reader, which refuses it whole. This one keeps the texts, of files their
names and sizes, and lets go of all else while it comes in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData

MIB = 1024 * 1024
MOST_READ = 64 * MIB
"""What comes after it is not waited for."""
MOST_TEXT = MIB
MOST_PARTS = 200
PIECE = 64 * 1024


@dataclass
class InPart:
    """What a post said: its texts, and name and size of each file as far as it came."""

    texts: MultiDict[str, str] = field(default_factory=MultiDict)
    files: list[tuple[str, int]] = field(default_factory=list)
    _part: Field | File | None = None
    _content: bytearray = field(default_factory=bytearray)
    _read: int = 0

    def take(self, event: Event) -> None:
        """One more thing that the post holds. Raises ``ValueError`` where its texts are beyond all measure."""
        if isinstance(event, Field | File):
            self._part, self._content = event, bytearray()
            if isinstance(event, File) and event.filename:
                self.files.append((event.filename, 0))
        elif isinstance(event, Data) and isinstance(self._part, Field):
            self._take_text(self._part.name, event)
        elif isinstance(event, Data) and isinstance(self._part, File) and self._part.filename:
            name, size = self.files[-1]
            self.files[-1] = (name, size + len(event.data))

    def _take_text(self, name: str, event: Data) -> None:
        self._read += len(event.data)
        if self._read > MOST_TEXT:
            raise ValueError(name)
        self._content += event.data
        if not event.more_data:
            self.texts.add(name, self._content.decode("utf-8", "replace").replace("\0", ""))


def read() -> InPart | None:
    """What this request says; None where nothing of it can be read. Nobody has read of it before."""
    boundary = request.mimetype_params.get("boundary", "")
    if request.mimetype != "multipart/form-data" or not boundary or request.content_length is None:
        return None
    decoder = MultipartDecoder(boundary.encode("utf-8", "replace"), MOST_TEXT + 2 * PIECE, max_parts=MOST_PARTS)
    try:
        return _gathered(decoder, request.environ["wsgi.input"], min(request.content_length, MOST_READ))
    except (RequestEntityTooLarge, ValueError, OSError):
        return None


def _gathered(decoder: MultipartDecoder, source: Any, left: int) -> InPart:
    found = InPart()
    while not isinstance(event := decoder.next_event(), Epilogue):
        if not isinstance(event, NeedData):
            found.take(event)
            continue
        piece = source.read(min(PIECE, left)) if left else b""
        if not piece:
            break
        left -= len(piece)
        decoder.receive_data(piece)
    return found
