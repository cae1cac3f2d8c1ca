"""What processes agree on."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, String, Table

from airflow_ai_slo.store.tables.base import metadata

lease = Table(
    "ai_slo_lease",
    metadata,
    Column("name", String(250), primary_key=True),
    Column("holder", String(250), nullable=False),
    Column("until", BigInteger, nullable=False),
    comment="Work that one process at a time does, who does it, and until when it need not be asked.",
)
