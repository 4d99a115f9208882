"""Files that people attach: recognised by their content, kept by their SHA-256, sealed under the complaint's key.

A file is on the disk before its row is committed; a row without its file cannot be, a file without a row does no harm.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import filetype

from backoffice.integrations.packed import is_harmless
from backoffice.integrations.store import MissingError, Place, StoreError, at
from policies.message import Refusal

MAX_BYTES = 20 * 1024 * 1024
MAX_NAME = 120
# media type → endings under which such a file may come
ALLOWED: dict[str, tuple[str, ...]] = {
    "application/pdf": (".pdf",),
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/gif": (".gif",),
    "image/webp": (".webp",),
    "image/bmp": (".bmp",),
    "image/tiff": (".tif", ".tiff"),
    "image/heic": (".heic",),
    "audio/mpeg": (".mp3",),
    "audio/x-wav": (".wav",),
    "audio/ogg": (".ogg", ".opus"),
    "audio/amr": (".amr",),
    "audio/aac": (".aac",),
    "audio/mp4": (".m4a",),
    "audio/x-m4a": (".m4a",),
    "video/mp4": (".mp4",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": (".docx",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": (".xlsx",),
    "text/plain": (".txt", ".csv", ".tsv", ".log", ".eml"),
}
PACKED = (".docx", ".xlsx")
# Names that Windows keeps for devices: a file of such a name cannot be saved there.
DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))})
ENDINGS = tuple(sorted({ending for endings in ALLOWED.values() for ending in endings}))


@dataclass(frozen=True)
class Upload:
    """A file as it came in: its name (without a path), its bytes, the type that its content shows."""

    name: str
    content: bytes
    media_type: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def check_upload(name: str, content: bytes, field: str = "attachments") -> Upload | Refusal:
    """The upload with its true type, or why it is not taken (too large, empty, another type than its name says)."""
    name = clean_name(name)
    if not content:
        return Refusal("files.refused.empty", {"name": name}, field, 422)
    if len(content) > MAX_BYTES:
        return Refusal("files.refused.too_large", {"name": name, "limit": MAX_BYTES // 1024 // 1024}, field, 413)
    media_type = sniff(content)
    if media_type not in ALLOWED:
        return Refusal("files.refused.type", {"name": name, "endings": " ".join(ENDINGS)}, field, 422)
    if not name.lower().endswith(ALLOWED[media_type]):
        allowed = " ".join(ALLOWED[media_type])
        return Refusal("files.refused.disguised", {"name": name, "endings": allowed}, field, 422)
    if name.lower().endswith(PACKED) and not is_harmless(content):
        return Refusal("files.refused.packed", {"name": name}, field, 422)
    return Upload(name, content, media_type)


def sniff(content: bytes) -> str:
    """The media type that the bytes themselves show; text when they are readable UTF-8 or GB18030 without control
    bytes.
    """
    guess = filetype.guess(content)
    if guess is not None:
        return str(guess.mime)
    if b"\x00" in content[:4096] or any(byte < 9 or 13 < byte < 32 for byte in content[:4096]):
        return "application/octet-stream"
    lowered = content[:1024].lstrip().lower()
    if lowered.startswith((b"<!doctype", b"<html", b"<svg", b"<?xml", b"<script")):
        return "text/html"
    for encoding in ("utf-8", "gb18030"):
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return "text/plain"
    return "application/octet-stream"


def clean_name(name: str) -> str:
    """A file name that is only a name: no path, no control characters, no device, at most 120 long, its ending kept."""
    name = "".join(char for char in name.replace("\\", "/").split("/")[-1] if char.isprintable()).strip(" .") or "file"
    if name.split(".")[0].strip().lower() in DEVICES:
        name = f"_{name}"
    stem, dot, ending = name.rpartition(".")
    return name if len(name) <= MAX_NAME else f"{stem[: MAX_NAME - len(ending) - 1]}{dot}{ending[:20]}"


def path_of(folder: Path, sha256: str, holder: int | str) -> Path:
    """Where the sealed content of a file lies; ``holder``: the complaint's id, or another name that no id can be."""
    return folder.joinpath(name_of(sha256, holder))


def name_of(sha256: str, holder: int | str) -> str:
    """The name of a sealed content in a store."""
    return f"{sha256[:2]}/{sha256}-{holder}"


def store(place: Place, sha256: str, holder: int | str, sealed: bytes) -> None:
    """Keep the sealed content whole or not at all, and wait until it is safe."""
    at(place).put(name_of(sha256, holder), sealed)


def load(place: Place, sha256: str, holder: int | str, opener: Callable[[bytes], bytes]) -> bytes | Refusal:
    """The content in clear, checked against its SHA-256; a refusal when the file is gone, was changed, or cannot be
    reached.
    """
    try:
        content = opener(at(place).get(name_of(sha256, holder)))
    except MissingError:
        return Refusal("files.refused.gone", status=404)
    except StoreError as error:
        return error.refusals[0]
    return content if hashlib.sha256(content).hexdigest() == sha256 else Refusal("files.refused.changed", status=409)
