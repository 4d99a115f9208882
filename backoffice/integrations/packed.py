"""Office documents are packed files: looked into by their table of contents alone, before anybody unpacks them (R39).

What is refused: a file that would grow beyond all measure, parts that lie upon each other, a locked part, macros, an
archive within, and a part with a document type of its own, by which a short text could call in others.
"""

from __future__ import annotations

import io
import zipfile
import zlib

MOST_UNPACKED = 200 * 1024 * 1024
MOST_GROWTH = 100
"""So many times its own size may a document grow; text of a sheet grows about twenty times."""
SMALL = 10 * 1024 * 1024
"""What stays below this may grow as it likes."""
MOST_PARTS = 5_000
LOOKED_AT = 4_096
LOCKED = 0x1
MACROS = ("vbaproject.bin", "vbadata.xml")
ARCHIVES = (
    ".zip",
    ".7z",
    ".rar",
    ".gz",
    ".tgz",
    ".bz2",
    ".xz",
    ".jar",
    ".docm",
    ".xlsm",
    ".exe",
    ".dll",
    ".js",
    ".vbs",
    ".lnk",
)
MARKUP = (".xml", ".rels", ".vml")
NESTED = (".docx", ".xlsx", ".pptx")
DEEPEST = 2
LARGEST_WITHIN = 20 * 1024 * 1024
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The only two that such documents use."""


def is_harmless(content: bytes, depth: int = 0) -> bool:
    """Whether a docx or xlsx is what such a document is; ``depth``: how many documents it lies in."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            return fits(packed.infolist(), len(content)) and all(
                part_is_harmless(packed, one, depth) for one in packed.infolist()
            )
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError, EOFError):
        return False


def fits(parts: list[zipfile.ZipInfo], size: int, most_unpacked: int = MOST_UNPACKED) -> bool:
    """By what the table of contents says: not too many, not too large, not upon each other."""
    unpacked = sum(one.file_size for one in parts)
    packed = sum(one.compress_size for one in parts)
    grows = unpacked > SMALL and unpacked > MOST_GROWTH * size
    return len(parts) <= MOST_PARTS and unpacked <= most_unpacked and packed <= size and not grows


def part_is_harmless(packed: zipfile.ZipFile, one: zipfile.ZipInfo, depth: int = 0) -> bool:
    """Whether a part of such a document may be in it."""
    name = one.filename.replace("\\", "/").lower()
    if one.flag_bits & LOCKED or one.compress_type not in METHODS:
        return False
    if name.endswith((*MACROS, *ARCHIVES)) or ".." in name.split("/"):
        return False
    if name.endswith(MARKUP):
        with packed.open(one) as part:
            return b"<!doctype" not in part.read(LOOKED_AT).replace(b"\0", b"").lower()
    if name.endswith(NESTED):
        if depth >= DEEPEST or one.file_size > LARGEST_WITHIN:
            return False
        with packed.open(one) as part:
            return is_harmless(part.read(one.file_size), depth + 1)
    return True
