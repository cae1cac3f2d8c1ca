"""What is counted: measurements, and sums kept in step with them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, Integer, SmallInteger, String, Table, Text

from airflow_ai_slo.store.tables.base import ID, KEY, metadata, slo_id

measurement = Table(
    "ai_slo_measurement",
    metadata,
    slo_id(primary_key=True),
    Column("key", KEY, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("good", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("value", Float),
    Column("cause", String(32)),
    Column("attributes", Text),
    Column("recorded_at", BigInteger, nullable=False),
    Index("ix_ai_slo_measurement_at", "slo_id", "at"),
    sqlite_with_rowid=False,
)

run = Table(
    "ai_slo_run",
    metadata,
    slo_id(primary_key=True),
    Column("at", BigInteger, primary_key=True),
    Column("good", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("bad", SmallInteger, nullable=False),
    Column("measurements", Integer, nullable=False),
    Column("sum_good", BigInteger, nullable=False),
    Column("sum_total", BigInteger, nullable=False),
    Column("sum_bad", BigInteger, nullable=False),
    Column("sum_runs", BigInteger, nullable=False),
    sqlite_with_rowid=False,
    comment="One row per distinct instant of an SLO that no correction drops; sum_* run on within its UTC day.",
)

settled = Table(
    "ai_slo_settled",
    metadata,
    slo_id(primary_key=True),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("settled_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
    comment="Runs that settled, or turned bad, behind the newest one, and that no evaluation has seen yet.",
)

pause = Table(
    "ai_slo_pause",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    slo_id(),
    Column("start", BigInteger, nullable=False),
    Column("end", BigInteger),
    Column("author", String(250), nullable=False),
    Column("reason", Text, nullable=False),
    Index("ix_ai_slo_pause_slo", "slo_id", "start"),
    comment="When no runs are expected: from start on, before end.",
)

reconciled = Table(
    "ai_slo_reconciled",
    metadata,
    slo_id(primary_key=True),
    Column("dag_id", String(250), primary_key=True),
    Column("since", BigInteger, nullable=False),
    Column("read_until", BigInteger),
    Column("slots_until", BigInteger, nullable=False),
    sqlite_with_rowid=False,
    comment="How far Airflow's record of a DAG's runs has been measured for an SLO.",
)

correction = Table(
    "ai_slo_correction",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    slo_id(),
    Column("start", BigInteger, nullable=False),
    Column("end", BigInteger),
    Column("rrule", Text),
    Column("duration", String(20)),
    Column("zone", String(100), nullable=False),
    Column("author", String(250), nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Index("ix_ai_slo_correction_slo", "slo_id"),
    comment="When measurements are dropped: once after start up to end, or as an RFC 5545 rule says in a zone.",
)

dropped = Table(
    "ai_slo_dropped",
    metadata,
    slo_id(primary_key=True),
    Column("start", BigInteger, primary_key=True, autoincrement=False),
    Column("end", BigInteger, nullable=False),
    Index("ix_ai_slo_dropped_start", "start"),
    sqlite_with_rowid=False,
    comment="What the corrections in force add up to: stretches after start up to end that do not touch.",
)

day = Table(
    "ai_slo_day",
    metadata,
    slo_id(primary_key=True),
    Column("day", BigInteger, primary_key=True, autoincrement=False),
    Column("sum_good", BigInteger, nullable=False),
    Column("sum_total", BigInteger, nullable=False),
    Column("sum_bad", BigInteger, nullable=False),
    Column("sum_runs", BigInteger, nullable=False),
    sqlite_with_rowid=False,
    comment="Sums of everything up to the end of a UTC day.",
)

sketch = Table(
    "ai_slo_sketch",
    metadata,
    slo_id(primary_key=True),
    Column("key", KEY, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Index("ix_ai_slo_sketch_at", "slo_id", "at"),
    sqlite_with_rowid=False,
    comment="Percentile sketches of measurements, by their keys.",
)

sketch_day = Table(
    "ai_slo_sketch_day",
    metadata,
    slo_id(primary_key=True),
    Column("day", BigInteger, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
    sqlite_with_rowid=False,
    comment="All sketches of a UTC day as one, whatever corrections drop.",
)
