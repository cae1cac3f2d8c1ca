"""Requests counted from their log: in time, answered, and how long they took."""

from __future__ import annotations

from airflow_ai_slo.measure.latency.counting import count_requests
from airflow_ai_slo.measure.latency.requests import RequestRules, Requests, TimeUnit

__all__ = ["RequestRules", "Requests", "TimeUnit", "count_requests"]
