"""The facet itself. Only for those who know that OpenLineage's client is there: it is imported at once."""

from __future__ import annotations

from typing import Any

from attrs import define
from openlineage.client.facet_v2 import RunFacet


@define
class SLOsRunFacet(RunFacet):
    """What a run has to say of SLOs.

    :param slos: one entry for each measurement, or for each SLO.
    :param leftOut: how many more there were.
    """

    slos: list[dict[str, Any]]
    leftOut: int = 0  # noqa: N815
