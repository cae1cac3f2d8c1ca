"""Tables of the SLO store. Instants are microseconds since 1970 UTC; counts are whole numbers of 1/scale."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
VERSION_TABLE = "ai_slo_version"
_ID = BigInteger().with_variant(Integer, "sqlite")


def _slo_id(*, primary_key: bool = False) -> Column[int]:
    return Column("slo_id", _ID, ForeignKey("ai_slo_slo.id"), nullable=False, primary_key=primary_key)


service = Table(
    "ai_slo_service",
    metadata,
    Column("name", String(250), primary_key=True),
    Column("definition", Text, nullable=False),
)

slo = Table(
    "ai_slo_slo",
    metadata,
    Column("id", _ID, primary_key=True, autoincrement=True),
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
    Column("sketched", Boolean, nullable=False, server_default=false(), comment="whether it has had any sketch"),
    Column("applied_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    UniqueConstraint("name", "generation"),
    Index("ix_ai_slo_slo_service", "service"),
    Index("ix_ai_slo_slo_active", "name", unique=True, sqlite_where=text("active"), postgresql_where=text("active")),
)

measurement = Table(
    "ai_slo_measurement",
    metadata,
    _slo_id(primary_key=True),
    Column("key", Text, primary_key=True),
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
    _slo_id(primary_key=True),
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
    _slo_id(primary_key=True),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("settled_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
    comment="Runs that settled, or turned bad, behind the newest one, and that no evaluation has seen yet.",
)

pause = Table(
    "ai_slo_pause",
    metadata,
    Column("id", _ID, primary_key=True, autoincrement=True),
    _slo_id(),
    Column("start", BigInteger, nullable=False),
    Column("end", BigInteger),
    Column("author", String(250), nullable=False),
    Column("reason", Text, nullable=False),
    Index("ix_ai_slo_pause_slo", "slo_id", "start"),
    comment="When no runs are expected: from start on, before end.",
)

correction = Table(
    "ai_slo_correction",
    metadata,
    Column("id", _ID, primary_key=True, autoincrement=True),
    _slo_id(),
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
    _slo_id(primary_key=True),
    Column("start", BigInteger, primary_key=True, autoincrement=False),
    Column("end", BigInteger, nullable=False),
    Index("ix_ai_slo_dropped_start", "start"),
    sqlite_with_rowid=False,
    comment="What the corrections in force add up to: stretches after start up to end that do not touch.",
)

day = Table(
    "ai_slo_day",
    metadata,
    _slo_id(primary_key=True),
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
    _slo_id(primary_key=True),
    Column("key", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Index("ix_ai_slo_sketch_at", "slo_id", "at"),
    sqlite_with_rowid=False,
    comment="Percentile sketches of measurements, by their keys.",
)

sketch_day = Table(
    "ai_slo_sketch_day",
    metadata,
    _slo_id(primary_key=True),
    Column("day", BigInteger, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
    sqlite_with_rowid=False,
    comment="All sketches of a UTC day as one, whatever corrections drop.",
)

evaluation = Table(
    "ai_slo_evaluation",
    metadata,
    _slo_id(primary_key=True),
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
    _slo_id(primary_key=True),
    Column("due", BigInteger, comment="until when data is awaited; NULL: for ever"),
    Column("told", BigInteger, comment="at of the newest run before a silence that was told and goes on"),
    Index("ix_ai_slo_silence_due", "due"),
    sqlite_with_rowid=False,
)

incident = Table(
    "ai_slo_incident",
    metadata,
    Column("id", _ID, primary_key=True, autoincrement=True),
    _slo_id(),
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
    Column("id", _ID, primary_key=True, autoincrement=True),
    Column("incident_id", _ID, ForeignKey("ai_slo_incident.id"), nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
    Column("transition", String(16), nullable=False),
    Column("severity", SmallInteger, nullable=False),
    Column("reason", Text, nullable=False),
)

freeze = Table(
    "ai_slo_freeze",
    metadata,
    Column("id", _ID, primary_key=True, autoincrement=True),
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
    Column("id", _ID, primary_key=True, autoincrement=True),
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
    Column("id", _ID, primary_key=True, autoincrement=True),
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

outbox = Table(
    "ai_slo_outbox",
    metadata,
    Column("id", _ID, primary_key=True, autoincrement=True),
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
