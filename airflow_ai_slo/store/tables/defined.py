"""What is defined and kept by name: services, SLOs, targets, reference profiles."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text, UniqueConstraint, false, text

from airflow_ai_slo.store.tables.base import ID, metadata

service = Table(
    "ai_slo_service",
    metadata,
    Column("name", String(250), primary_key=True),
    Column("definition", Text, nullable=False),
)

slo = Table(
    "ai_slo_slo",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("name", String(250), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("service", String(250), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("definition", Text, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("objective", String(100), nullable=False),
    Column("rerun", String(16), nullable=False),
    Column("scale", BigInteger, nullable=False, server_default="1"),
    Column("bad_seq", BigInteger, nullable=False, server_default="0"),
    Column("anchor", BigInteger, comment="at of the measurement that came in first; found when it is first needed"),
    Column("settled_slot", BigInteger, comment="expected runs up to here were looked at"),
    Column("next_due", BigInteger, comment="when the next expected run is to be looked at; NULL: none is expected"),
    Column("corrected", Boolean, nullable=False, server_default=false(), comment="whether any stretch is dropped"),
    Column("applied_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    UniqueConstraint("name", "generation"),
    Index("ix_ai_slo_slo_service", "service"),
    Index("ix_ai_slo_slo_active", "name", unique=True, sqlite_where=text("active"), postgresql_where=text("active")),
)

target = Table(
    "ai_slo_target",
    metadata,
    Column("name", String(250), primary_key=True),
    Column("definition", Text, nullable=False),
)

profile = Table(
    "ai_slo_profile",
    metadata,
    Column("name", String(250), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)
