"""Articles and cases with the words that find them, their versions, and who opened them (R38)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def _set(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=32, create_constraint=True)


def upgrade() -> None:
    op.create_table(
        "knowledge",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("number", sa.String(32), nullable=False, unique=True),
        sa.Column("kind", _set("knowledgekind", "article", "case"), nullable=False),
        sa.Column("state", _set("knowledgestate", "draft", "released", "withdrawn"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("offered", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date()),
        sa.Column("valid_until", sa.Date()),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("in_force", sa.LargeBinary()),
        sa.Column("writer_id", KEY, sa.ForeignKey("staff.id")),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("released_at", MOMENT),
        sa.Column("released_by_id", KEY, sa.ForeignKey("staff.id")),
        sa.Column("withdrawn_at", MOMENT),
        sa.Column("source_id", KEY, sa.ForeignKey("complaint.id")),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.Column("submission", sa.String(64), unique=True),
    )
    op.create_index("ix_knowledge_state_changed_at_id", "knowledge", ["state", "changed_at", "id"])
    op.create_index("ix_knowledge_offered_opened_id", "knowledge", ["offered", "opened", "id"])
    op.create_index("ix_knowledge_source_id", "knowledge", ["source_id"])
    op.create_table(
        "knowledge_version",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("knowledge_id", KEY, sa.ForeignKey("knowledge.id"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by_id", KEY, sa.ForeignKey("staff.id")),
        sa.Column("act", sa.String(16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("access_sequence", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("knowledge_id", "version"),
    )
    op.create_table(
        "knowledge_word",
        sa.Column("word", sa.String(80), primary_key=True),
        sa.Column("knowledge_id", KEY, sa.ForeignKey("knowledge.id"), primary_key=True, autoincrement=False),
    )
    op.create_index("ix_knowledge_word_knowledge_id", "knowledge_word", ["knowledge_id"])
    op.create_table(
        "knowledge_use",
        sa.Column("knowledge_id", KEY, sa.ForeignKey("knowledge.id"), primary_key=True, autoincrement=False),
        sa.Column("staff_id", KEY, sa.ForeignKey("staff.id"), primary_key=True, autoincrement=False),
        sa.Column("place", sa.String(80), primary_key=True),
        sa.Column("at", MOMENT, nullable=False),
    )


def downgrade() -> None:
    for table in ("knowledge_use", "knowledge_word", "knowledge_version", "knowledge"):
        op.drop_table(table)
