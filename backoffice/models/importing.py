"""What people import in the console (R1, R9): files that wait, sealed; refused rows; mappings kept by name."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.models.base import Base, UtcDateTime, primary_key
from backoffice.models.office import Staff


class ImportUpload(Base):
    """A file that somebody sent to be imported, and how far it is.

    ``sealed`` (for the office): its name, the key of its own under which file and refused rows lie, how it is read and
    which column is what. ``mode``: what was asked last, ``try`` or ``run``; ``tried_at``: when a trial of this very
    mapping ended. The counts are those of what was asked last. Erased: ``sealed`` is empty, so that nothing opens.
    """

    __tablename__ = "import_upload"
    __table_args__ = (sa.Index(None, "by_id", "id"), sa.Index(None, "erased_at", "erase_at"))

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    size: Mapped[int] = mapped_column(sa.BigInteger)
    sealed: Mapped[bytes] = mapped_column(sa.LargeBinary)
    mode: Mapped[str] = mapped_column(sa.String(8), default="")
    attempt: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tried_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    total: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    came_in: Mapped[int] = mapped_column(default=0)
    known: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    run_id: Mapped[int | None] = mapped_column(sa.ForeignKey("import_run.id"))
    erase_at: Mapped[datetime] = mapped_column(UtcDateTime)
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    by: Mapped[Staff] = relationship()


class ImportRefusal(Base):
    """A row that did not come in: its cells and reasons, sealed under the key of its file."""

    __tablename__ = "import_refusal"
    __table_args__ = (sa.Index(None, "upload_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    upload_id: Mapped[int] = mapped_column(sa.ForeignKey("import_upload.id", ondelete="CASCADE"))
    line: Mapped[int]
    sealed: Mapped[bytes] = mapped_column(sa.LargeBinary)


class SavedMapping(Base):
    """A mapping that somebody made in the console and kept; ``definition`` is what a mapping file holds."""

    __tablename__ = "import_mapping"

    id: Mapped[int] = mapped_column(primary_key(), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(60), unique=True)
    definition: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
