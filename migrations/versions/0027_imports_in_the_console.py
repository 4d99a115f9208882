"""Files to be imported that wait sealed, their refused rows, mappings kept by name; numbers reserved for paper."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "import_upload",
        sa.Column("id", KEY, nullable=False),
        sa.Column("by_id", KEY, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("mode", sa.String(8), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("came_in", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("run_id", KEY, nullable=True),
        sa.Column("erase_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name="fk_import_upload_by_id"),
        sa.ForeignKeyConstraint(["run_id"], ["import_run.id"], name="fk_import_upload_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_import_upload"),
    )
    op.create_index("ix_import_upload_by_id_id", "import_upload", ["by_id", "id"])
    op.create_index("ix_import_upload_erased_at_erase_at", "import_upload", ["erased_at", "erase_at"])
    op.create_table(
        "import_refusal",
        sa.Column("id", KEY, nullable=False),
        sa.Column("upload_id", KEY, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["import_upload.id"], name="fk_import_refusal_upload_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_import_refusal"),
    )
    op.create_index("ix_import_refusal_upload_id_id", "import_refusal", ["upload_id", "id"])
    op.create_table(
        "import_mapping",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("by_id", KEY, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name="fk_import_mapping_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_import_mapping"),
        sa.UniqueConstraint("name", name="uq_import_mapping_name"),
    )
    op.create_table(
        "reserved_number",
        sa.Column("id", KEY, nullable=False),
        sa.Column("number", sa.String(32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("taken_by", sa.String(60), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", KEY, nullable=False),
        sa.Column("complaint_id", KEY, nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("void_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("void_by_id", KEY, nullable=True),
        sa.Column("void_reason", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name="fk_reserved_number_by_id"),
        sa.ForeignKeyConstraint(["complaint_id"], ["complaint.id"], name="fk_reserved_number_complaint_id"),
        sa.ForeignKeyConstraint(["void_by_id"], ["staff.id"], name="fk_reserved_number_void_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_reserved_number"),
        sa.UniqueConstraint("number", name="uq_reserved_number_number"),
    )
    op.create_index("ix_reserved_number_complaint_id_void_at_id", "reserved_number", ["complaint_id", "void_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_reserved_number_complaint_id_void_at_id", table_name="reserved_number")
    op.drop_table("reserved_number")
    op.drop_table("import_mapping")
    op.drop_index("ix_import_refusal_upload_id_id", table_name="import_refusal")
    op.drop_table("import_refusal")
    op.drop_index("ix_import_upload_erased_at_erase_at", table_name="import_upload")
    op.drop_index("ix_import_upload_by_id_id", table_name="import_upload")
    op.drop_table("import_upload")
