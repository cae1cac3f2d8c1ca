"""Long work that a button starts: how far it has come."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, String, Table, Text

from airflow_ai_slo.store.tables.base import metadata

job = Table(
    "ai_slo_job",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("token", String(40), nullable=False),
    Column("state", String(16), nullable=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("detail", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    comment="The last one of each kind; seen_at is when it last told that it goes on, or when it ended.",
)
