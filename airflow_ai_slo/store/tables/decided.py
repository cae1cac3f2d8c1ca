"""What is decided: evaluations, incidents, freezes, and the audit log."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, SmallInteger, String, Table, Text, text

from airflow_ai_slo.store.tables.base import ID, metadata, slo_id

evaluation = Table(
    "ai_slo_evaluation",
    metadata,
    slo_id(primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("good", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("scale", BigInteger, nullable=False),
    Column("bad_runs", BigInteger, nullable=False),
    Column("runs", BigInteger, nullable=False),
    Column("covered", BigInteger, nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("latched", BigInteger, nullable=False),
    Column("bad_seq", BigInteger, nullable=False),
    Column("seen_at", BigInteger, comment="at of the newest run that was seen"),
    Column("discipline", Text, comment="what rules with windows in runs remember"),
    sqlite_with_rowid=False,
    comment="The last evaluation of each SLO, and which of its rules hold an incident open.",
)

silence = Table(
    "ai_slo_silence",
    metadata,
    slo_id(primary_key=True),
    Column("due", BigInteger, comment="until when data is awaited; NULL: for ever"),
    Column("told", BigInteger, comment="at of the newest run before a silence that was told and goes on"),
    Index("ix_ai_slo_silence_due", "due"),
    sqlite_with_rowid=False,
)

incident = Table(
    "ai_slo_incident",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    slo_id(),
    Column("opened_at", BigInteger, nullable=False),
    Column("resolved_at", BigInteger),
    Column("severity", SmallInteger, nullable=False),
    Index(
        "ix_ai_slo_incident_open",
        "slo_id",
        unique=True,
        sqlite_where=text("resolved_at IS NULL"),
        postgresql_where=text("resolved_at IS NULL"),
    ),
    Index("ix_ai_slo_incident_slo", "slo_id", "opened_at"),
)

incident_event = Table(
    "ai_slo_incident_event",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("incident_id", ID, ForeignKey("ai_slo_incident.id"), nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
    Column("transition", String(16), nullable=False),
    Column("severity", SmallInteger, nullable=False),
    Column("reason", Text, nullable=False),
)

freeze = Table(
    "ai_slo_freeze",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("service", String(250), nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger),
    Column("causes", Text, nullable=False),
    Column("released_seqs", Text),
    Column("renewed_at", BigInteger),
    Index(
        "ix_ai_slo_freeze_open",
        "service",
        unique=True,
        sqlite_where=text("until IS NULL"),
        postgresql_where=text("until IS NULL"),
    ),
    Index("ix_ai_slo_freeze_service", "service", "since"),
)

override = Table(
    "ai_slo_override",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("service", String(250), nullable=False),
    Column("author", String(250), nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Index("ix_ai_slo_override_service", "service", "expires_at"),
)

audit = Table(
    "ai_slo_audit",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("service", String(250), nullable=False),
    Column("actor", String(500), nullable=False),
    Column("labels", Text, nullable=False, server_default=""),
    Column("action", String(32), nullable=False),
    Column("detail", Text, nullable=False),
    Index("ix_ai_slo_audit_service", "service", "at"),
    Index("ix_ai_slo_audit_actor", "service", "actor"),
    comment="Every decision about a freeze; rows are only ever added.",
)
