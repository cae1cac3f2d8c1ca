"""A freeze gate for DAGs tagged ``deploys:<service>``, put there by a cluster policy."""

from __future__ import annotations
