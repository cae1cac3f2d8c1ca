"""OpenSLO v1 definitions: read from files, judged with field paths, turned into the core model."""

from __future__ import annotations

from airflow_ai_slo.core.target import Target
from airflow_ai_slo.openslo.loading import Loaded, load, require, validate
from airflow_ai_slo.openslo.problems import DocumentResult, Problem

__all__ = ["DocumentResult", "Loaded", "Problem", "Target", "load", "require", "validate"]
