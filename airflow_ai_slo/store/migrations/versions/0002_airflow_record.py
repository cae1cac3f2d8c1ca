"""Measuring from Airflow's record of runs: how far it was read, and by whom; keys in the order of their code points"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ai_slo_job",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("token", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_ai_slo_job")),
        comment="The last one of each kind; seen_at is when it last told that it goes on, or when it ended.",
    )
    op.create_table(
        "ai_slo_lease",
        sa.Column("name", sa.String(length=250), nullable=False),
        sa.Column("holder", sa.String(length=250), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_ai_slo_lease")),
        comment="Work that one process at a time does, who does it, and until when it need not be asked.",
    )
    op.create_table(
        "ai_slo_reconciled",
        sa.Column("slo_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("dag_id", sa.String(length=250), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("read_until", sa.BigInteger(), nullable=True),
        sa.Column("slots_until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["slo_id"], ["ai_slo_slo.id"], name=op.f("fk_ai_slo_reconciled_slo_id_ai_slo_slo")),
        sa.PrimaryKeyConstraint("slo_id", "dag_id", name=op.f("pk_ai_slo_reconciled")),
        comment="How far Airflow's record of a DAG's runs has been measured for an SLO.",
        sqlite_with_rowid=False,
    )

    _keys('text COLLATE "C"')


def downgrade() -> None:
    _keys("text")
    op.drop_table("ai_slo_reconciled")
    op.drop_table("ai_slo_lease")
    op.drop_table("ai_slo_job")


def _keys(kind: str) -> None:
    """SQLite orders text by code point anyway."""
    if op.get_bind().dialect.name == "postgresql":
        for table in ("ai_slo_measurement", "ai_slo_sketch"):
            op.execute(f'ALTER TABLE {table} ALTER COLUMN "key" TYPE {kind}')
