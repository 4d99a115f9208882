"""Tell in which encoding a file of text is written: UTF-8 (with or without its mark), UTF-16 with its mark, or GB18030.

The rules are fixed: what is valid UTF-8 throughout is UTF-8; else it is GB18030 when it is valid throughout and nearly
all of its characters are in everyday use there. Any other is named as a guess in the refusal, never read.
"""

from __future__ import annotations

import codecs
from pathlib import Path

from policies.message import Message

CHUNK = 128 * 1024
SAMPLE = 128 * 1024
COMMON_SHARE = 0.8
CONTROL_SHARE = 0.02
SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "zip"),
    (b"\xd0\xcf\x11\xe0", "old_office"),
    (b"%PDF", "pdf"),
    (b"\x1f\x8b", "gzip"),
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF8", "picture"),
    (b"{\\rtf", "rtf"),
    (b"SQLite format 3\x00", "database"),
)
MARKUP = (b"<!doctype", b"<html", b"<?xml", b"<table")


def encoding_of(path: Path) -> tuple[Message | None, str]:
    """Why a file is no text that can be read (or None), and the name of its encoding."""
    with path.open("rb") as file:
        start = file.read(SAMPLE)
    refused = _refuse_start(start)
    if refused is not None:
        return refused, ""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return (None, "utf-16") if _decodes(path, "utf-16") else (Message("import.file.encoding_unknown"), "")
    if _mostly_control(start):
        return Message("import.file.binary"), ""
    if _decodes(path, "utf-8"):
        return None, "utf-8-sig"
    if _looks_gb18030(start, path) and _decodes(path, "gb18030"):
        return None, "gb18030"
    guess = _guess(start)
    if guess:
        return Message("import.file.encoding_other", {"encoding": guess}), ""
    return Message("import.file.encoding_unknown"), ""


def _refuse_start(start: bytes) -> Message | None:
    if not start.strip():
        return Message("import.file.empty")
    for signature, kind in SIGNATURES:
        if start.startswith(signature):
            return Message(f"import.file.is_{kind}")
    plain = start.removeprefix(codecs.BOM_UTF8).lstrip()
    if plain[:16].lower().startswith(MARKUP):
        return Message("import.file.is_markup")
    if plain.startswith((b'{"', b"[{", b"[[", b"{\n", b"{\r")):
        return Message("import.file.is_json")
    return None


def _mostly_control(start: bytes) -> bool:
    control = sum(start.count(bytes([code])) for code in range(32) if code not in (9, 10, 12, 13, 27))
    return control > len(start) * CONTROL_SHARE


def _decodes(path: Path, encoding: str) -> bool:
    """Whether the whole file is valid in an encoding, read piece by piece."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _looks_gb18030(start: bytes, path: Path) -> bool:
    """Whether what is not ASCII is mostly of GB 2312, whose second bytes are high as well: other encodings mix them."""
    sample = start if any(byte > 127 for byte in start) else _first_high_part(path)
    common = other = place = 0
    while place < len(sample) - 1:
        lead, trail = sample[place], sample[place + 1]
        if lead < 0x80:
            place += 1
            continue
        if 0x30 <= trail <= 0x39:  # four bytes of a form that no other encoding has
            own_form = sample[place + 2 : place + 3] >= b"\x81" and sample[place + 3 : place + 4].isdigit()
            common, other = (common + 1, other) if own_form else (common, other + 1)
            place += 4
            continue
        everyday = trail >= 0xA1 and (0xA1 <= lead <= 0xA9 or 0xB0 <= lead <= 0xF7)
        common, other = (common + 1, other) if everyday else (common, other + 1)
        place += 2
    return common + other > 0 and common >= (common + other) * COMMON_SHARE


def _first_high_part(path: Path) -> bytes:
    """The stretch of a file around its first byte beyond ASCII, from the start of its line."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            high = next((place for place, byte in enumerate(chunk) if byte > 127), None)
            if high is not None:
                begin = chunk.rfind(b"\n", 0, high) + 1
                return chunk[begin : begin + SAMPLE]
    return b""


def _guess(start: bytes) -> str:
    """What the text might be in, to be named to the person; a guess is never acted upon."""
    from charset_normalizer import from_bytes

    best = from_bytes(start[:65536]).best()
    return best.encoding.replace("_", "-").upper() if best is not None else ""
