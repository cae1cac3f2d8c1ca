"""First schema"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ai_slo_audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("service", sa.String(length=250), nullable=False),
        sa.Column("actor", sa.String(length=500), nullable=False),
        sa.Column("labels", sa.Text(), server_default="", nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ai_slo_audit")),
        comment="Every decision about a freeze; rows are only ever added.",
    )
    op.create_index("ix_ai_slo_audit_actor", "ai_slo_audit", ["service", "actor"], unique=False)
    op.create_index("ix_ai_slo_audit_service", "ai_slo_audit", ["service", "at"], unique=False)
    op.create_table(
        "ai_slo_freeze",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("service", sa.String(length=250), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("causes", sa.Text(), nullable=False),
        sa.Column("released_seqs", sa.Text(), nullable=True),
        sa.Column("renewed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ai_slo_freeze")),
    )
    op.create_index(
        "ix_ai_slo_freeze_open",
        "ai_slo_freeze",
        ["service"],
        unique=True,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_index("ix_ai_slo_freeze_service", "ai_slo_freeze", ["service", "since"], unique=False)
    op.create_table(
        "ai_slo_hold",
        sa.Column("target", sa.String(length=250), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("target", name=op.f("pk_ai_slo_hold")),
        comment="Targets that asked to be left alone for a while.",
    )
    op.create_table(
        "ai_slo_outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("dedup_key", sa.String(length=500), nullable=False),
        sa.Column("thread_key", sa.String(length=250), nullable=False),
        sa.Column("target", sa.String(length=250), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("ends", sa.Boolean(), nullable=False),
        sa.Column("remark", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ai_slo_outbox")),
        sa.UniqueConstraint("dedup_key", name=op.f("uq_ai_slo_outbox_dedup_key")),
    )
    op.create_index("ix_ai_slo_outbox_due", "ai_slo_outbox", ["state", "next_attempt_at"], unique=False)
    op.create_index("ix_ai_slo_outbox_thread", "ai_slo_outbox", ["thread_key"], unique=False)
    op.create_table(
        "ai_slo_override",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("service", sa.String(length=250), nullable=False),
        sa.Column("author", sa.String(length=250), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ai_slo_override")),
    )
    op.create_index("ix_ai_slo_override_service", "ai_slo_override", ["service", "expires_at"], unique=False)
    op.create_table(
        "ai_slo_profile",
        sa.Column("name", sa.String(length=250), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", "version", name=op.f("pk_ai_slo_profile")),
    )
    op.create_table(
        "ai_slo_service",
        sa.Column("name", sa.String(length=250), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_ai_slo_service")),
    )
    op.create_table(
        "ai_slo_slo",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=250), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("service", sa.String(length=250), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("objective", sa.String(length=100), nullable=False),
        sa.Column("rerun", sa.String(length=16), nullable=False),
        sa.Column("scale", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("bad_seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column(
            "anchor",
            sa.BigInteger(),
            nullable=True,
            comment="at of the measurement that came in first; found when it is first needed",
        ),
        sa.Column("settled_slot", sa.BigInteger(), nullable=True, comment="expected runs up to here were looked at"),
        sa.Column(
            "next_due",
            sa.BigInteger(),
            nullable=True,
            comment="when the next expected run is to be looked at; NULL: none is expected",
        ),
        sa.Column(
            "corrected",
            sa.Boolean(),
            server_default=sa.false(),
            nullable=False,
            comment="whether any stretch is dropped",
        ),
        sa.Column(
            "sketched",
            sa.Boolean(),
            server_default=sa.false(),
            nullable=False,
            comment="whether it has had any sketch",
        ),
        sa.Column("applied_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ai_slo_slo")),
        sa.UniqueConstraint("name", "generation", name=op.f("uq_ai_slo_slo_name_generation")),
    )
    op.create_index(
        "ix_ai_slo_slo_active",
        "ai_slo_slo",
        ["name"],
        unique=True,
        sqlite_where=sa.text("active"),
        postgresql_where=sa.text("active"),
    )
    op.create_index("ix_ai_slo_slo_service", "ai_slo_slo", ["service"], unique=False)
    op.create_table(
        "ai_slo_target",
        sa.Column("name", sa.String(length=250), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_ai_slo_target")),
    )
    op.create_table(
        "ai_slo_thread",
        sa.Column("target", sa.String(length=250), nullable=False),
        sa.Column("thread_key", sa.String(length=250), nullable=False),
        sa.Column("reference", sa.String(length=250), nullable=False),
        sa.PrimaryKeyConstraint("target", "thread_key", name=op.f("pk_ai_slo_thread")),
        comment="What a channel calls the thread of an incident, such as Slack's ts.",
    )
    op.create_table(
        "ai_slo_correction",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("slo_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=True),
        sa.Column("rrule", sa.Text(), nullable=True),
        sa.Column("duration", sa.String(length=20), nullable=True),
        sa.Column("zone", sa.String(length=100), nullable=False),
        sa.Column("author", sa.String(length=250), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["slo_id"], ["ai_slo_slo.id"], name=op.f("fk_ai_slo_correction_slo_id_ai_slo_slo")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ai_slo_correction")),
        comment="When measurements are dropped: once after start up to end, or as an RFC 5545 rule says in a zone.",
    )
    op.create_index("ix_ai_slo_correction_slo", "ai_slo_correction", ["slo_id"], unique=False)
    op.create_table(
        "ai_slo_day",
        sa.Column("slo_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sum_good", sa.BigInteger(), nullable=False),
        sa.Column("sum_total", sa.BigInteger(), nullable=False),
        sa.Column("sum_bad", sa.BigInteger(), nullable=False),
        sa.Column("sum_runs", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["slo_id"], ["ai_slo_slo.id"], name=op.f("fk_ai_slo_day_slo_id_ai_slo_slo")),
        sa.PrimaryKeyConstraint("slo_id", "day", name=op.f("pk_ai_slo_day")),
        comment="Sums of everything up to the end of a UTC day.",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ai_slo_dropped",
        sa.Column("slo_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["slo_id"], ["ai_slo_slo.id"], name=op.f("fk_ai_slo_dropped_slo_id_ai_slo_slo")),
        sa.PrimaryKeyConstraint("slo_id", "start", name=op.f("pk_ai_slo_dropped")),
        comment="What the corrections in force add up to: stretches after start up to end that do not touch.",
        sqlite_with_rowid=False,
    )
    op.create_index("ix_ai_slo_dropped_start", "ai_slo_dropped", ["start"], unique=False)
    op.create_table(
        "ai_slo_evaluation",
        sa.Column("slo_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("good", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("scale", sa.BigInteger(), nullable=False),
        sa.Column("bad_runs", sa.BigInteger(), nullable=False),
        sa.Column("runs", sa.BigInteger(), nullable=False),
        sa.Column("covered", sa.BigInteger(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("latched", sa.BigInteger(), nullable=False),
        sa.Column("bad_seq", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=True, comment="at of the newest run that was seen"),
        sa.Column("discipline", sa.Text(), nullable=True, comment="what rules with windows in runs remember"),
        sa.ForeignKeyConstraint(["slo_id"], ["ai_slo_slo.id"], name=op.f("fk_ai_slo_evaluation_slo_id_ai_slo_slo")),
        sa.PrimaryKeyConstraint("slo_id", name=op.f("pk_ai_slo_evaluation")),
        comment="The last evaluation of each SLO, and which of its rules hold an incident open.",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ai_slo_incident",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("slo_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("resolved_at", sa.BigInteger(), nullable=True),
        sa.Column("severity", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["slo_id"], ["ai_slo_slo.id"], name=op.f("fk_ai_slo_incident_slo_id_ai_slo_slo")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ai_slo_incident")),
    )
    op.create_index(
        "ix_ai_slo_incident_open",
        "ai_slo_incident",
        ["slo_id"],
        unique=True,
        sqlite_where=sa.text("resolved_at IS NULL"),
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.create_index("ix_ai_slo_incident_slo", "ai_slo_incident", ["slo_id", "opened_at"], unique=False)
    op.create_table(
        "ai_slo_measurement",
        sa.Column("slo_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("good", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("cause", sa.String(length=32), nullable=True),
        sa.Column("attributes", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["slo_id"], ["ai_slo_slo.id"], name=op.f("fk_ai_slo_measurement_slo_id_ai_slo_slo")),
        sa.PrimaryKeyConstraint("slo_id", "key", name=op.f("pk_ai_slo_measurement")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_ai_slo_measurement_at", "ai_slo_measurement", ["slo_id", "at"], unique=False)
    op.create_table(
        "ai_slo_pause",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("slo_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=True),
        sa.Column("author", sa.String(length=250), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["slo_id"], ["ai_slo_slo.id"], name=op.f("fk_ai_slo_pause_slo_id_ai_slo_slo")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ai_slo_pause")),
        comment="When no runs are expected: from start on, before end.",
    )
    op.create_index("ix_ai_slo_pause_slo", "ai_slo_pause", ["slo_id", "start"], unique=False)
    op.create_table(
        "ai_slo_run",
        sa.Column("slo_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("good", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("bad", sa.SmallInteger(), nullable=False),
        sa.Column("measurements", sa.Integer(), nullable=False),
        sa.Column("sum_good", sa.BigInteger(), nullable=False),
        sa.Column("sum_total", sa.BigInteger(), nullable=False),
        sa.Column("sum_bad", sa.BigInteger(), nullable=False),
        sa.Column("sum_runs", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["slo_id"], ["ai_slo_slo.id"], name=op.f("fk_ai_slo_run_slo_id_ai_slo_slo")),
        sa.PrimaryKeyConstraint("slo_id", "at", name=op.f("pk_ai_slo_run")),
        comment="One row per distinct instant of an SLO that no correction drops; sum_* run on within its UTC day.",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ai_slo_settled",
        sa.Column("slo_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["slo_id"], ["ai_slo_slo.id"], name=op.f("fk_ai_slo_settled_slo_id_ai_slo_slo")),
        sa.PrimaryKeyConstraint("slo_id", "at", name=op.f("pk_ai_slo_settled")),
        comment="Runs that settled, or turned bad, behind the newest one, and that no evaluation has seen yet.",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ai_slo_silence",
        sa.Column("slo_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=True, comment="until when data is awaited; NULL: for ever"),
        sa.Column(
            "told",
            sa.BigInteger(),
            nullable=True,
            comment="at of the newest run before a silence that was told and goes on",
        ),
        sa.ForeignKeyConstraint(["slo_id"], ["ai_slo_slo.id"], name=op.f("fk_ai_slo_silence_slo_id_ai_slo_slo")),
        sa.PrimaryKeyConstraint("slo_id", name=op.f("pk_ai_slo_silence")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_ai_slo_silence_due", "ai_slo_silence", ["due"], unique=False)
    op.create_table(
        "ai_slo_sketch",
        sa.Column("slo_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["slo_id"], ["ai_slo_slo.id"], name=op.f("fk_ai_slo_sketch_slo_id_ai_slo_slo")),
        sa.PrimaryKeyConstraint("slo_id", "key", name=op.f("pk_ai_slo_sketch")),
        comment="Percentile sketches of measurements, by their keys.",
        sqlite_with_rowid=False,
    )
    op.create_index("ix_ai_slo_sketch_at", "ai_slo_sketch", ["slo_id", "at"], unique=False)
    op.create_table(
        "ai_slo_sketch_day",
        sa.Column("slo_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["slo_id"], ["ai_slo_slo.id"], name=op.f("fk_ai_slo_sketch_day_slo_id_ai_slo_slo")),
        sa.PrimaryKeyConstraint("slo_id", "day", name=op.f("pk_ai_slo_sketch_day")),
        comment="All sketches of a UTC day as one, whatever corrections drop.",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ai_slo_incident_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("incident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("transition", sa.String(length=16), nullable=False),
        sa.Column("severity", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["ai_slo_incident.id"], name=op.f("fk_ai_slo_incident_event_incident_id_ai_slo_incident")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ai_slo_incident_event")),
    )
    op.create_index(
        op.f("ix_ai_slo_incident_event_incident_id"), "ai_slo_incident_event", ["incident_id"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_ai_slo_incident_event_incident_id"), table_name="ai_slo_incident_event")
    op.drop_table("ai_slo_incident_event")
    op.drop_table("ai_slo_sketch_day")
    op.drop_index("ix_ai_slo_sketch_at", table_name="ai_slo_sketch")
    op.drop_table("ai_slo_sketch")
    op.drop_index("ix_ai_slo_silence_due", table_name="ai_slo_silence")
    op.drop_table("ai_slo_silence")
    op.drop_table("ai_slo_settled")
    op.drop_table("ai_slo_run")
    op.drop_index("ix_ai_slo_pause_slo", table_name="ai_slo_pause")
    op.drop_table("ai_slo_pause")
    op.drop_index("ix_ai_slo_measurement_at", table_name="ai_slo_measurement")
    op.drop_table("ai_slo_measurement")
    op.drop_index("ix_ai_slo_incident_slo", table_name="ai_slo_incident")
    op.drop_index(
        "ix_ai_slo_incident_open",
        table_name="ai_slo_incident",
        sqlite_where=sa.text("resolved_at IS NULL"),
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.drop_table("ai_slo_incident")
    op.drop_table("ai_slo_evaluation")
    op.drop_index("ix_ai_slo_dropped_start", table_name="ai_slo_dropped")
    op.drop_table("ai_slo_dropped")
    op.drop_table("ai_slo_day")
    op.drop_index("ix_ai_slo_correction_slo", table_name="ai_slo_correction")
    op.drop_table("ai_slo_correction")
    op.drop_table("ai_slo_thread")
    op.drop_table("ai_slo_target")
    op.drop_index("ix_ai_slo_slo_service", table_name="ai_slo_slo")
    op.drop_index(
        "ix_ai_slo_slo_active",
        table_name="ai_slo_slo",
        sqlite_where=sa.text("active"),
        postgresql_where=sa.text("active"),
    )
    op.drop_table("ai_slo_slo")
    op.drop_table("ai_slo_service")
    op.drop_table("ai_slo_profile")
    op.drop_index("ix_ai_slo_override_service", table_name="ai_slo_override")
    op.drop_table("ai_slo_override")
    op.drop_index("ix_ai_slo_outbox_thread", table_name="ai_slo_outbox")
    op.drop_index("ix_ai_slo_outbox_due", table_name="ai_slo_outbox")
    op.drop_table("ai_slo_outbox")
    op.drop_table("ai_slo_hold")
    op.drop_index("ix_ai_slo_freeze_service", table_name="ai_slo_freeze")
    op.drop_index(
        "ix_ai_slo_freeze_open",
        table_name="ai_slo_freeze",
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    )
    op.drop_table("ai_slo_freeze")
    op.drop_index("ix_ai_slo_audit_service", table_name="ai_slo_audit")
    op.drop_index("ix_ai_slo_audit_actor", table_name="ai_slo_audit")
    op.drop_table("ai_slo_audit")
