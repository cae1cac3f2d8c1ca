"""``POST /measurements`` and ``POST /evaluate``."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Response
from pydantic import AwareDatetime, Field, PlainValidator, WithJsonSchema

from airflow_ai_slo import engine
from airflow_ai_slo.core.errors import MeasurementError, UnknownSLOError
from airflow_ai_slo.core.measurement import Cause, Measurement
from airflow_ai_slo.core.names import LONGEST_KEY, LONGEST_NAME
from airflow_ai_slo.core.numbers import Exact, count
from airflow_ai_slo.plugin.api.answers import NowDep, StoreDep, answer
from airflow_ai_slo.plugin.api.bodies import Body, WriterDep, body, described
from airflow_ai_slo.plugin.api.errors import WRONG
from airflow_ai_slo.plugin.api.schema import WRITE_PROBLEMS, told
from airflow_ai_slo.plugin.api.service_models import Evaluated, Recorded
from airflow_ai_slo.store import Store

router = APIRouter(tags=["measurements"])

MOST = 10_000
_LARGEST_BODY = 16 * 1024 * 1024
_MOST_ATTRIBUTES = 100


def _count(given: Any) -> Exact:
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise ValueError("is not a number")
    return count(given)


Count = Annotated[Exact, PlainValidator(_count), WithJsonSchema({"type": "number", "minimum": 0})]
Text = Annotated[str, Field(max_length=4000)]


class Given(Body):
    """One measurement."""

    slo: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
    key: Annotated[str, Field(min_length=1, max_length=LONGEST_KEY)]
    at: AwareDatetime
    good: Count
    total: Count
    value: Annotated[float | None, Field(allow_inf_nan=False)] = None
    cause: Cause | None = None
    attributes: Annotated[dict[Text, Text], Field(max_length=_MOST_ATTRIBUTES)] = Field(default_factory=dict)


class Many(Body):
    """Measurements, recorded all or none."""

    measurements: Annotated[list[Given], Field(max_length=MOST)]
    backfill: Annotated[bool, Field(description="They tell of the past, and are never late.")] = False


@router.post("/measurements", openapi_extra=described(Many), responses=told(Recorded) | WRITE_PROBLEMS)
def record_measurements(
    store: StoreDep, now: NowDep, writer: WriterDep, given: Annotated[Many, Depends(body(Many, _LARGEST_BODY))]
) -> Response:
    """Record measurements, all or none. A key written again replaces what it said before, as a retry would."""
    measurements = [_measurement(number, one) for number, one in enumerate(given.measurements)]
    try:
        engine.record(store, measurements, now=now, backfill=given.backfill)
    except UnknownSLOError as error:
        raise HTTPException(WRONG, f"{_unknown(store, now, measurements)}: {error}") from None
    return answer({"recorded": len(measurements)})


@router.post("/evaluate", responses=told(Evaluated))
def evaluate_slos(store: StoreDep, now: NowDep, writer: WriterDep) -> Response:
    """Evaluate all SLOs now, and open, change or resolve incidents and freezes by what is seen."""
    return answer({"evaluated": len(engine.evaluate(store, at=now))})


def _measurement(number: int, given: Given) -> Measurement:
    where = f"measurements.{number}"
    if not 0 <= given.good <= given.total:
        good, total = float(given.good), float(given.total)
        raise HTTPException(WRONG, f"{where}.good: {good:g} of {total:g}: counts must satisfy 0 <= good <= total")
    try:
        return Measurement(
            slo=given.slo,
            key=given.key,
            at=given.at,
            good=given.good,
            total=given.total,
            value=given.value,
            cause=given.cause,
            attributes=given.attributes,
        )
    except MeasurementError as error:
        raise HTTPException(WRONG, f"{where}: {error}") from None


def _unknown(store: Store, now: datetime, measurements: list[Measurement]) -> str:
    known = {one.name for one in engine.latest(store, now=now).slos}
    first = next((number for number, one in enumerate(measurements) if one.slo not in known), 0)
    return f"measurements.{first}.slo"
