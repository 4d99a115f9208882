"""Parts one after another in a sealed stream: a first word, parts with their count and SHA-256, a last word.

Each record is its kind, its length and its bytes. A part is its head, blocks of data and its end; the last word counts
the parts and holds a SHA-256 over all heads and ends, so that a part that is missing shows although the stream itself
holds together. However many parts there are, memory is flat.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from backoffice.integrations.sealed_stream import CHUNK, SealedReader, SealedWriter, broken

FIRST, PART, DATA, END, LAST = b"M", b"P", b"D", b"E", b"Z"
MOST_WORD = 16 << 20
MOST_BLOCK = 4 * CHUNK


@dataclass(frozen=True)
class PartEnd:
    """What a part came to: ``count`` rows (of a file: 1), bytes, and the SHA-256 over them."""

    count: int
    size: int
    sha256: str


@dataclass
class Digest:
    """Counts and hashes what goes into a part, or comes out of it."""

    count: int = 0
    size: int = 0

    def __post_init__(self) -> None:
        self._sum = hashlib.sha256()

    def add(self, data: bytes, count: int = 0) -> None:
        """Some more bytes, which hold so many rows."""
        self._sum.update(data)
        self.size += len(data)
        self.count += count

    @property
    def end(self) -> PartEnd:
        """What it comes to so far."""
        return PartEnd(self.count, self.size, self._sum.hexdigest())


class ArchiveWriter:
    """Writes the parts; ``last`` closes."""

    def __init__(self, stream: SealedWriter, first: Mapping[str, Any]) -> None:
        self._stream = stream
        self._all = Digest()
        self._word(FIRST, first)

    def part(self, name: str, head: Mapping[str, Any], blocks: Iterable[tuple[bytes, bytes, int]]) -> PartEnd:
        """One part. A block is its bytes as stored, the bytes that are counted and hashed, and its rows."""
        self._all.add(self._word(PART, {**head, "name": name}), 1)
        digest = Digest()
        for stored, plain, count in blocks:
            self._record(DATA, stored)
            digest.add(plain, count)
        self._all.add(self._word(END, asdict(digest.end)))
        return digest.end

    def last(self, more: Mapping[str, Any]) -> None:
        """The last word: what all parts came to, and what else is to be said."""
        self._word(LAST, {**more, "all": asdict(self._all.end)})
        self._stream.close()

    def _word(self, kind: bytes, content: Mapping[str, Any]) -> bytes:
        data = json.dumps(content, ensure_ascii=False).encode()
        self._record(kind, data)
        return data

    def _record(self, kind: bytes, data: bytes) -> None:
        self._stream.write(kind + len(data).to_bytes(4, "big"))
        self._stream.write(data)


class ArchiveReader:
    """Reads the parts in their order. Raises ``SealedFileError`` for whatever does not hold together."""

    def __init__(self, stream: SealedReader) -> None:
        self._stream = stream
        self._all = Digest()
        kind, data = self._record()
        self.first = _word(data) if kind == FIRST else _wrong()
        self.last: dict[str, Any] = {}
        self._end: PartEnd | None = None

    def parts(self) -> Iterator[tuple[dict[str, Any], Iterator[bytes]]]:
        """Each part's head and its blocks; the blocks have to be read before the next part is asked for."""
        while True:
            kind, data = self._record()
            if kind == LAST:
                break
            head = _word(data) if kind == PART else _wrong()
            self._all.add(data, 1)
            self._end = None
            yield head, self._blocks()
            if self._end is None:
                raise RuntimeError("a part was not read to its end")
        self.last = _word(data)
        self._stream.finish()
        if self.last.get("all") != asdict(self._all.end):
            raise broken()

    def check(self, found: Digest) -> PartEnd:
        """Hold what was read of the part to what its end said."""
        if self._end != found.end:
            raise broken()
        return found.end

    def _blocks(self) -> Iterator[bytes]:
        while True:
            kind, data = self._record()
            if kind == END:
                said = _word(data)
                self._all.add(data)
                self._end = PartEnd(said["count"], said["size"], said["sha256"])
                return
            yield data if kind == DATA else _wrong()

    def _record(self) -> tuple[bytes, bytes]:
        front = self._stream.read(5)
        kind, length = front[:1], int.from_bytes(front[1:], "big")
        if length > (MOST_BLOCK if kind == DATA else MOST_WORD):
            raise broken()
        return kind, self._stream.read(length)


def _word(data: bytes) -> dict[str, Any]:
    try:
        return dict(json.loads(data))
    except (ValueError, TypeError) as error:
        raise broken() from error


def _wrong() -> Any:
    raise broken()
