"""Files that are made for one answer: written into a temporary file, sent block by block, gone afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from tempfile import TemporaryFile
from typing import IO

BLOCK = 64 * 1024


def written(write: Callable[[IO[bytes]], object]) -> Iterator[bytes]:
    """What ``write`` puts into the file, once all of it is there; nothing is left behind where it fails."""
    file = TemporaryFile()  # noqa: SIM115 (it is read after this function has ended; sending it closes it)
    try:
        write(file)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return blocks(file)


def blocks(file: IO[bytes]) -> Iterator[bytes]:
    """The file block by block; it is gone once the answer is out, or broken off."""
    with file:
        while block := file.read(BLOCK):
            yield block
