"""Tell in which encoding a text is written: UTF-8 (with or without its mark), UTF-16 with its mark, GB18030, Big5.

The rules are fixed: what is valid UTF-8 throughout is UTF-8; else it is GB18030 when it is valid throughout and nearly
all of its characters are in everyday use there, else Big5 by the same measure. Any other is named as a guess in the
refusal, never read. What a person chose is taken when the file is valid in it.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Mapping
from types import MappingProxyType

from backoffice.integrations.table_rows import Given, Source, source_of
from policies.message import Message

CHUNK = 128 * 1024
SAMPLE = 128 * 1024
COMMON_SHARE = 0.8
RARE_SHARE = 0.5
"""So much at least of a short text with uncommon names is in everyday use."""
OWN_GUESSES = frozenset({"GB18030", "GBK", "GB2312", "HZ", "BIG5", "BIG5HKSCS", "CP950", "UTF-8", "UTF-16"})
"""What is read itself: to save a file so once more is no advice."""
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
BIG5 = ("cp950", "big5hkscs")
"""As Windows writes it, and with the characters of Hong Kong."""
CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "utf-8": ("utf-8-sig",), "gb18030": ("gb18030",), "big5": BIG5, "utf-16": ("utf-16",),
})  # fmt: skip
"""What a person may choose, each with the codecs that are tried for it."""
MARKUP = (b"<!doctype", b"<html", b"<?xml", b"<table")


def encoding_of(given: Given) -> tuple[Message | None, str]:
    """Why a file is no text that can be read (or None), and the name of its encoding."""
    source = source_of(given)
    with source.open() as file:
        start = file.read(SAMPLE)
    refused = _refuse_start(start)
    if refused is not None:
        return refused, ""
    if source.encoding:
        return _chosen(source)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return (None, "utf-16") if _decodes(source, "utf-16") else (Message("import.file.encoding_unknown"), "")
    if _mostly_control(start):
        return Message("import.file.binary"), ""
    found = _found(source, start)
    if found:
        return None, found
    guess = _guess(start)
    if guess in OWN_GUESSES:
        return Message("import.file.encoding_like", {"encoding": guess}), ""
    if guess:
        return Message("import.file.encoding_other", {"encoding": guess}), ""
    return Message("import.file.encoding_unknown"), ""


def name_of(encoding: str) -> str:
    """What a person calls a codec: a key of ``CHOICES``."""
    return next((name for name, codecs_of in CHOICES.items() if encoding in codecs_of), encoding)


def _chosen(source: Source) -> tuple[Message | None, str]:
    fits = (codec for codec in CHOICES.get(source.encoding, ()) if _decodes(source, codec))
    found = next(fits, "")
    return (None, found) if found else (Message("import.file.not_in_encoding", {"encoding": source.encoding}), "")


def _found(source: Source, start: bytes) -> str:
    if _decodes(source, "utf-8"):
        return "utf-8-sig"
    sample = start if any(byte > 127 for byte in start) else _first_high_part(source)
    gb, big5 = _share(sample, _gb_character), _share(sample, _big5_character)
    if gb >= COMMON_SHARE and _decodes(source, "gb18030"):
        return "gb18030"
    if big5 >= COMMON_SHARE and (codec := next((codec for codec in BIG5 if _decodes(source, codec)), "")):
        return codec
    return "gb18030" if gb >= RARE_SHARE and gb > big5 and _decodes(source, "gb18030") else ""


def _refuse_start(start: bytes) -> Message | None:
    if not start.strip():
        return Message("import.file.empty")
    for signature, kind in SIGNATURES:
        if start.startswith(signature):
            return Message(f"import.file.is_{kind}")
    plain = start.removeprefix(codecs.BOM_UTF8).lstrip()
    if plain[:16].lower().startswith(MARKUP):
        return Message("import.file.is_markup")
    if plain.startswith((b"[{", b"[[")):
        return Message("import.file.is_json")
    return None


def _mostly_control(start: bytes) -> bool:
    control = sum(start.count(bytes([code])) for code in range(32) if code not in (9, 10, 12, 13, 27))
    return control > len(start) * CONTROL_SHARE


def _decodes(source: Source, encoding: str) -> bool:
    """Whether the whole file is valid in an encoding, read piece by piece."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    try:
        with source.open() as file:
            while chunk := file.read(CHUNK):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _share(sample: bytes, character: Callable[[bytes, int], tuple[int, bool]]) -> float:
    """How much of what is not ASCII is of everyday use, by a rule that gives a character's length and whether so."""
    common = other = place = 0
    while place < len(sample) - 1:
        if sample[place] < 0x80:
            place += 1
            continue
        length, everyday = character(sample, place)
        common, other = (common + 1, other) if everyday else (common, other + 1)
        place += length
    return common / (common + other) if common + other else 0.0


def _gb_character(sample: bytes, place: int) -> tuple[int, bool]:
    """Of GB 2312, whose second bytes are high as well, or four bytes of a form that no other encoding has."""
    lead, trail = sample[place], sample[place + 1]
    if 0x30 <= trail <= 0x39:
        return 4, sample[place + 2 : place + 3] >= b"\x81" and sample[place + 3 : place + 4].isdigit()
    return 2, trail >= 0xA1 and (0xA1 <= lead <= 0xA9 or 0xB0 <= lead <= 0xF7)


def _big5_character(sample: bytes, place: int) -> tuple[int, bool]:
    """A symbol, or one of the characters of the first level."""
    lead, trail = sample[place], sample[place + 1]
    return 2, 0xA1 <= lead <= 0xC6 and (0x40 <= trail <= 0x7E or 0xA1 <= trail <= 0xFE)


def _first_high_part(source: Source) -> bytes:
    """The stretch of a file around its first byte beyond ASCII, from the start of its line."""
    with source.open() as file:
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
