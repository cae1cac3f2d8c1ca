"""What is told: messages, and what channels said."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text

from airflow_ai_slo.store.tables.base import ID, metadata

outbox = Table(
    "ai_slo_outbox",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("dedup_key", String(500), nullable=False, unique=True),
    Column("thread_key", String(250), nullable=False),
    Column("target", String(250), nullable=False),
    Column("message", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("ends", Boolean, nullable=False),
    Column("remark", Boolean, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_attempt_at", BigInteger, nullable=False),
    Column("sent_at", BigInteger),
    Column("problem", Text),
    Index("ix_ai_slo_outbox_due", "state", "next_attempt_at"),
    Index("ix_ai_slo_outbox_thread", "thread_key"),
)

thread = Table(
    "ai_slo_thread",
    metadata,
    Column("target", String(250), primary_key=True),
    Column("thread_key", String(250), primary_key=True),
    Column("reference", String(250), nullable=False),
    comment="What a channel calls the thread of an incident, such as Slack's ts.",
)

hold = Table(
    "ai_slo_hold",
    metadata,
    Column("target", String(250), primary_key=True),
    Column("until", BigInteger, nullable=False),
    comment="Targets that asked to be left alone for a while.",
)
