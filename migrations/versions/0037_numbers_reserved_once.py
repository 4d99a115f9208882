"""Numbers of one form are reserved once; a run of an import keeps no name of its file."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("reserved_number", sa.Column("form", sa.String(32), nullable=True))
    op.create_index("ix_reserved_number_form", "reserved_number", ["form"])
    op.drop_column("import_run", "file_name")


def downgrade() -> None:
    op.add_column("import_run", sa.Column("file_name", sa.String(200), nullable=False, server_default=""))
    op.drop_index("ix_reserved_number_form", table_name="reserved_number")
    op.drop_column("reserved_number", "form")
