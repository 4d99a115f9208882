"""What the machine says of the office's folder: room, whether a file can be kept, when the certificate ends."""

from __future__ import annotations

import errno
import shutil
import tempfile
from datetime import datetime
from pathlib import Path

from policies.health import FilesWord

FILES = "files"
TRIED = b"\0" * 4096  # a whole block: an empty file may still find a place where no content does
FULL = (errno.ENOSPC, errno.EDQUOT)


def free_bytes(folder: Path) -> int:
    """How much room is left where the folder is; 0 where that cannot be known."""
    try:
        return shutil.disk_usage(next(place for place in (folder, *folder.parents) if place.exists())).free
    except (OSError, StopIteration):
        return 0


def files_word(folder: Path) -> FilesWord:
    """Whether a file can be kept in the office's folder, found by keeping one and taking it away again."""
    place = folder / FILES
    try:
        place = place if place.is_dir() else folder
        if not place.is_dir():
            return FilesWord.MISSING
        with tempfile.TemporaryFile(dir=place) as tried:
            tried.write(TRIED)
            tried.flush()
    except OSError as error:
        if error.errno in FULL:
            return FilesWord.FULL
        return FilesWord.READ_ONLY if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM) else FilesWord.UNREACHABLE
    return FilesWord.OK


def certificate_end(path: Path) -> datetime:
    """When the certificate of a file ends to hold, aware UTC. Raises ``OSError`` or ``ValueError``."""
    from cryptography import x509

    return x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
