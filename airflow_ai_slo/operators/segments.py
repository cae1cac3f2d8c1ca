"""One SLO for each segment of the data, named by a template."""

from __future__ import annotations

from airflow_ai_slo.core.errors import ConfigurationError

PLACE = "{segment}"


def check_segment(slo: str, segment: str | None, most: int) -> None:
    """:raises ConfigurationError: a segment without a place for it in the SLO's name, or the other way round."""
    if segment is not None and PLACE not in slo:
        raise ConfigurationError(f"slo={slo!r}: with segment={segment!r} write where it goes, such as '{slo}-{PLACE}'")
    if segment is None and PLACE in slo:
        raise ConfigurationError(f"slo={slo!r} has a place for a segment; say which column it is, by segment='country'")
    if not isinstance(most, int) or most < 1:
        raise ConfigurationError(f"max_segments={most!r}: give a whole number above 0")


def slo_of(slo: str, segment: str) -> str:
    """The name of one segment's SLO."""
    return slo.replace(PLACE, segment)
