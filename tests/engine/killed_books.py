"""Everything a store holds, without its row numbers: those of two stores differ where a transaction was undone."""

from __future__ import annotations

import json
import re
from typing import Any

from sqlalchemy import select

from airflow_ai_slo.store import Store, tables

_BY_SLO = (
    *(tables.measurement, tables.run, tables.day, tables.settled, tables.pause),
    *(tables.dropped, tables.evaluation, tables.silence),
)
_NUMBERED = re.compile(r"\b(incident|freeze|silence):(\d+)")


def books(store: Store) -> dict[str, list[Any]]:
    """Rows by table, sorted, every reference to a row by what it stands for."""
    rows = {table.name: _rows(store, table) for table in tables.metadata.sorted_tables}
    slos = {row["id"]: row["name"] for row in rows["ai_slo_slo"]}
    ranks: dict[str, dict[int, str]] = {
        kind: {row["id"]: f"{kind}:#{rank}" for rank, row in enumerate(_by_id(rows[f"ai_slo_{kind}"]))}
        for kind in ("incident", "freeze")
    }
    ranks["silence"] = {slo_id: f"silence:{name}" for slo_id, name in slos.items()}

    def plain(text: str) -> str:
        return _NUMBERED.sub(lambda found: ranks[found[1]][int(found[2])], text)

    found: dict[str, list[Any]] = {table.name: [_of_slo(row, slos) for row in rows[table.name]] for table in _BY_SLO}
    found["slo"] = [_without(row, "id") for row in rows["ai_slo_slo"]]
    found["incident"] = [_of_slo(row, slos) for row in _by_id(rows["ai_slo_incident"])]
    found["event"] = [
        _without(row, "id") | {"incident_id": ranks["incident"][row["incident_id"]]}
        for row in _by_id(rows["ai_slo_incident_event"])
    ]
    found["freeze"] = [_freeze(row, slos) for row in _by_id(rows["ai_slo_freeze"])]
    found["audit"] = [_without(row, "id") for row in _by_id(rows["ai_slo_audit"])]
    found["outbox"] = [
        {name: plain(row[name]) for name in ("dedup_key", "thread_key", "target", "message", "state")}
        for row in _by_id(rows["ai_slo_outbox"])
    ]
    return {
        name: kept if name in ("incident", "event", "audit", "outbox") else sorted(kept, key=repr)
        for name, kept in found.items()
    }


def outbox_keys(store: Store, target: str) -> list[tuple[str, str]]:
    """Dedup key and thread of each message to a target, in the order in which they were written."""
    rows = _by_id(_rows(store, tables.outbox))
    return [(row["dedup_key"].removesuffix(f"@{target}"), row["thread_key"]) for row in rows if row["target"] == target]


def _rows(store: Store, table: Any) -> list[dict[str, Any]]:
    with store.read() as connection:
        return [dict(row._mapping) for row in connection.execute(select(table))]


def _by_id(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: row["id"])


def _without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


def _of_slo(row: dict[str, Any], slos: dict[int, str]) -> dict[str, Any]:
    return _without(row, "id") | {"slo_id": slos[row["slo_id"]]}


def _freeze(row: dict[str, Any], slos: dict[int, str]) -> dict[str, Any]:
    causes = {name: [at, slos[slo_id]] for name, (at, slo_id) in json.loads(row["causes"]).items()}
    released = {slos[int(slo_id)]: seq for slo_id, seq in json.loads(row["released_seqs"] or "{}").items()}
    return _without(row, "id") | {"causes": causes, "released_seqs": released}
