"""Whatever the input, the answer is documents and problems, never a traceback."""

from __future__ import annotations

import copy
import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openslo_documents import VALID

from airflow_ai_slo import openslo
from airflow_ai_slo.core.presets import rules_of
from airflow_ai_slo.core.serialize import slo_from_dict, slo_to_dict

NOW = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
WORDS = st.sampled_from(
    ["", "airflow", "burnrate", "page", "Timeslices", "28d", "1M", "0 6 * * *", "none", "true", "gt", "0.995", "99.9%",
     "slo-ratio", "sli-good", "policy", "2026-01-01 00:00:00", "UTC", "-1", "1e999", "nan", "\x00", "é\n", "x" * 300]
)  # fmt: skip
KEYS = st.sampled_from(
    ["apiVersion", "kind", "metadata", "name", "spec", "objectives", "target", "indicator", "alertPolicies",
     "timeWindow", "airflow-ai-slo/cadence", "airflow-ai-slo/start", "airflow-ai-slo/freeze", "labels", "annotations",
     "x.y/z", ""]
)  # fmt: skip
SCALARS = (
    st.none() | st.booleans() | WORDS | st.text(max_size=8) | st.integers() | st.floats()
    | st.sampled_from([0, 1, -1, 10**400, 1e308, -0.0, 0.5, 99.9, 5e-324])
)  # fmt: skip
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=8
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every place in a document that holds a value."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    return [(value, key) for key in keys] + [place for key in keys for place in places(value[key])]


@st.composite
def nearly_valid(draw: st.DrawFn) -> list[Any]:
    """Valid documents with a few values replaced, removed or added."""
    documents = [copy.deepcopy(VALID[name]) for name in draw(st.sets(st.sampled_from(sorted(VALID)), min_size=1))]
    for _ in range(draw(st.integers(1, 4))):
        holder, key = draw(st.sampled_from(places(documents)))
        if isinstance(holder, dict) and draw(st.booleans()):
            holder[draw(KEYS)] = draw(VALUES)
        else:
            holder[key] = draw(VALUES)
    return documents


def judged(text: str | bytes, name: str) -> openslo.Loaded:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
        for strict in (True, False):
            json.dumps([document.as_json() for document in openslo.validate([path], strict=strict)], allow_nan=False)
        return openslo.load([path])


fuzz = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@fuzz
@given(nearly_valid())
def test_nearly_valid_documents_are_judged_and_what_is_built_can_be_stored_and_evaluated(documents):
    loaded = judged(json.dumps(documents), "a.json")
    for slo in loaded.slos:
        assert slo_from_dict(json.loads(json.dumps(slo_to_dict(slo), allow_nan=False))) == slo
        assert rules_of(slo.shape, slo.window.bounds(NOW)) is not None


@fuzz
@given(st.lists(VALUES, max_size=3))
def test_any_json_is_judged(values):
    judged(json.dumps(values), "a.json")
    judged(json.dumps(values), "a.yaml")


@fuzz
@given(st.lists(VALUES, max_size=3))
def test_any_yaml_is_judged(values):
    judged(yaml.dump_all(values), "a.yaml")


@fuzz
@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_judged(data):
    judged(data, "a.yaml")
    judged(data, "a.json")


@fuzz
@given(st.text(alphabet="-:?[]{},&*!|>'\"%@`#~<=\n\t .abc01", max_size=40))
def test_any_yaml_punctuation_is_judged(text):
    judged(text, "a.yaml")
