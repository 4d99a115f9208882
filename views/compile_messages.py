"""Merges the rooms of the catalogue (one PO file a subject) into one compiled file per language.

Rooms are ``templates/translations/<language>/<room>.po``. The compiled file lies beside them, or in a folder of the
data directory where the project cannot be written. It carries a mark of the rooms that it was made from, so that a
stale one is made anew; it is put in place by one rename, so that several processes may start at once.
"""

from __future__ import annotations

import gettext
import hashlib
import io
import os
import struct
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # Babel is loaded only when something must be compiled
    from babel.messages.catalog import Catalog

TRANSLATIONS = Path(__file__).resolve().parent.parent / "templates" / "translations"
MARK = "x-rooms"

Entries = dict[str | tuple[str, int], str]


def rooms(language: str, folder: Path = TRANSLATIONS) -> list[Path]:
    """The PO files of a language, in the order of their names."""
    return sorted((folder / language).glob("*.po"))


def fingerprint(language: str, folder: Path = TRANSLATIONS) -> str:
    """What a compiled file must carry to be fresh: names, sizes and times of all rooms, digested."""
    digest = hashlib.sha256()
    for room in rooms(language, folder):
        stat = room.stat()
        digest.update(f"{room.name}:{stat.st_size}:{stat.st_mtime_ns};".encode())
    return digest.hexdigest()[:32]


def load(language: str, folder: Path = TRANSLATIONS, fallback: Path | None = None) -> Entries:
    """The texts of a language, compiled first if the compiled file is missing or stale.

    Keys are message keys, or ``(key, form)`` for texts with a plural. ``fallback`` is a folder for the compiled file
    where ``folder`` cannot be written; without one the texts are merged in memory.
    """
    wanted = fingerprint(language, folder)
    places = [folder / language / "LC_MESSAGES" / "messages.mo"]
    if fallback is not None:
        places.append(fallback / f"{language}.mo")
    for place in places:
        if (entries := _read(place, wanted)) is not None:
            return entries
    content = _compiled(language, folder, wanted)
    for place in places:
        with suppress(OSError):
            _write(place, content)
            break
    entries = _entries(content)
    del entries[MARK]
    return entries


def _read(place: Path, wanted: str) -> Entries | None:
    """The texts of a compiled file, or nothing when it is missing, damaged or stale."""
    try:
        entries = _entries(place.read_bytes())
    except (OSError, UnicodeDecodeError, struct.error):
        return None
    return entries if entries.pop(MARK, None) == wanted else None


def _entries(content: bytes) -> Entries:
    """A compiled catalogue as a plain dictionary."""
    return dict(vars(gettext.GNUTranslations(io.BytesIO(content)))["_catalog"])


def merge(language: str, folder: Path = TRANSLATIONS) -> tuple[Catalog, list[str]]:
    """All rooms of a language as one catalogue, and the keys that stand twice (the first holds; a test refuses any)."""
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import read_po

    merged = Catalog(locale=language, fuzzy=False)
    twice = []
    for path in rooms(language, folder):
        with path.open("rb") as source:
            room = read_po(source, locale=language, abort_invalid=True)
        for message in room:
            key = message.id if isinstance(message.id, str) else message.id[0]
            if not key or message.fuzzy or not message.string:
                continue
            if key in merged:
                twice.append(f"{key} ({path.name})")
                continue
            merged.add(message.id, message.string)
    return merged, twice


def _compiled(language: str, folder: Path, mark: str) -> bytes:
    """The merged catalogue as the bytes of a compiled file that carries ``mark``."""
    from babel.messages.mofile import write_mo

    merged, _ = merge(language, folder)
    merged.add(MARK, mark)
    content = io.BytesIO()
    write_mo(content, merged)
    return content.getvalue()


def _write(place: Path, content: bytes) -> None:
    """Puts a file in place whole or not at all, whoever else does the same."""
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=place.name, suffix=".new")
    try:
        with os.fdopen(handle, "wb") as target:
            target.write(content)
        Path(name).chmod(0o644)
        Path(name).replace(place)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
