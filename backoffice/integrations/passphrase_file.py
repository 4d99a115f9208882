"""The passphrase of the nightly backup: a file of the machine, which the pages never see (R39).

``BACKOFFICE_BACKUP_PASSPHRASE_FILE`` names it; otherwise it lies beside the data directory, under the same name with
``.passphrase``. It may not lie within the data directory: who has that must not have the backups too.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from backoffice.errors import DomainError
from policies.backup import refuse_passphrase
from policies.message import Refusal

VARIABLE = "BACKOFFICE_BACKUP_PASSPHRASE_FILE"
LONGEST = 10_000


def place(data: Path) -> Path:
    """Where the file is to be, for the office in this data directory."""
    named = os.environ.get(VARIABLE)
    return Path(named).expanduser() if named else data.with_name(f"{data.name}.passphrase")


def read(data: Path) -> str:
    """The passphrase; raises ``DomainError`` when the file is not there, lies wrong, is open to others, or too weak."""
    path = place(data)
    if path.resolve().is_relative_to(data.resolve()):
        raise DomainError(Refusal("backup.passphrase_file.inside", {"path": str(path)}))
    try:
        if os.name != "nt" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise DomainError(Refusal("backup.passphrase_file.open_to_others", {"path": str(path)}))
        with path.open(encoding="utf-8", errors="replace") as file:
            found = file.readline(LONGEST).rstrip("\r\n")
    except OSError as error:
        raise DomainError(Refusal("backup.passphrase_file.none", {"path": str(path)})) from error
    if refuse_passphrase(found) is not None:
        raise DomainError(Refusal("backup.passphrase_file.weak", {"path": str(path)}))
    return found
