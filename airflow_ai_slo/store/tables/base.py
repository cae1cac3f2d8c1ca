"""What all tables share: the metadata that names their keys, and columns that recur."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, MetaData, Text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
VERSION_TABLE = "ai_slo_version"
ID = BigInteger().with_variant(Integer, "sqlite")
KEY = Text().with_variant(Text(collation="C"), "postgresql")
"""Ordered by code point everywhere, so that an index finds all keys that begin alike."""


def slo_id(*, primary_key: bool = False) -> Column[int]:
    """A column that refers to an SLO's row."""
    return Column("slo_id", ID, ForeignKey("ai_slo_slo.id"), nullable=False, primary_key=primary_key)
