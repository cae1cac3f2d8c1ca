"""Names, labels and annotations by OpenSLO's letter, wherever metadata stands."""

from __future__ import annotations

import pytest

PLACES = [
    ("service", "metadata"),
    ("data-source", "metadata"),
    ("sli-good", "metadata"),
    ("condition", "metadata"),
    ("target", "metadata"),
    ("policy", "metadata"),
    ("slo-ratio", "metadata"),
    ("policy-inline", "spec.conditions.0.metadata"),
    ("policy-inline", "spec.notificationTargets.0.metadata"),
    ("slo-inline-policy", "spec.alertPolicies.0.metadata"),
    ("slo-ratio", "spec.indicator.metadata"),
    ("slo-composite", "spec.objectives.1.indicator.metadata"),
]
anywhere = pytest.mark.parametrize(("name", "place"), PLACES)

GOOD_LABEL_KEYS = ["l" * 63, "net", "net_this.that-this", "net_.-this", "9net", "net9", "nEt"]
BAD_LABEL_KEYS = ["l" * 64, "net_", "net.", "net-", "_net", "-net", ".net"]
LONGEST_PREFIX = ".".join(["l" * 63] * 3)
GOOD_ANNOTATION_KEYS = [
    "l" * 63,
    f"{LONGEST_PREFIX}/{'l' * 63}",
    "net",
    "9net",
    "net9",
    "nEt",
    "openslo.com/service",
    "domain/service",
    "domain.org/service",
    "domain.this.org/service",
    "domain.this.org/service.foo",
    "my-org.com/spec.indicator.metricSource",
]
BAD_ANNOTATION_KEYS = [
    "l" * 64,
    f"{'l' * 254}/net",
    f"{'l' * 253}/{'l' * 64}",
    f"{'l' * 254}/{'l' * 63}",
    "net_",
    "net.",
    "net-",
    "_net",
    "-net",
    ".net",
    "openslo.com/",
    "openslo.com!/service",
    "-openslo.com/service",
    "_openslo.com/service",
    ".openslo.com/service",
    "openslo.com./service",
    "openslo.com_/service",
    "openslo.com-/service",
    "openslo..this.com/service",
    "openslo.-this.com/service",
    "openslo._this.com/service",
    "openslo.this..com/service",
    "openslo.this-.com/service",
    "openslo.this_.com/service",
    "openslo_this.org/service",
    "openslo_this.my-org.com/service",
]


def pathed(place: str) -> str:
    return place.replace(".0.", "[0].").replace(".1.", "[1].")


@anywhere
def test_a_name_is_a_dns_label_and_a_display_name_has_63_characters(judge, errors, name, place):
    result = judge.one(name, {place: {"name": "MY SERVICE" * 20, "displayName": "my-service" * 20}}, strict=True)
    assert errors(result) == [f"{pathed(place)}.name", f"{pathed(place)}.displayName"]


@anywhere
def test_longest_names_and_labels_without_values_pass(judge, name, place):
    metadata = {
        "name": "a" * 63,
        "displayName": "d" * 63,
        "labels": {
            "net": ["this", "that"],
            "one": "this",
            "blank": [""],
            "none": [],
            **{key: [] for key in GOOD_LABEL_KEYS},
        },
        "annotations": {"this": "that", **dict.fromkeys(GOOD_ANNOTATION_KEYS, "")},
    }
    assert judge.one(name, {place: metadata}, strict=True).problems == ()


@anywhere
def test_every_bad_label_key_is_an_error(judge, errors, name, place):
    result = judge.one(name, {place: {"name": "ok", "labels": {key: [] for key in BAD_LABEL_KEYS}}}, strict=True)
    assert len(errors(result)) == len(BAD_LABEL_KEYS)


@anywhere
def test_every_bad_annotation_key_is_an_error(judge, errors, name, place):
    result = judge.one(
        name, {place: {"name": "ok", "annotations": dict.fromkeys(BAD_ANNOTATION_KEYS, "")}}, strict=True
    )
    assert len(errors(result)) == len(BAD_ANNOTATION_KEYS)


def test_the_path_names_the_key(judge, errors):
    changes = {"metadata.labels": {"net_": []}, "metadata.annotations": {"a/-": "", "key": ["no"]}}
    assert errors(judge.one("service", changes, strict=True)) == [
        "metadata.labels.net_",
        'metadata.annotations["a/-"]',
        "metadata.annotations.key",
    ]


@anywhere
@pytest.mark.parametrize("metadata", [None, {}])
def test_missing_metadata_is_an_error(judge, errors, name, place, metadata):
    assert errors(judge.one(name, {place: metadata}, strict=True)) == [pathed(place)]


@pytest.mark.parametrize(
    ("metadata", "path"),
    [
        ({"name": ""}, "metadata.name"),
        ({"name": None}, "metadata.name"),
        ({"name": 7}, "metadata.name"),
        ({"name": ["a"]}, "metadata.name"),
        ({"name": "a", "namespace": "b"}, "metadata.namespace"),
        ({"name": "a", "labels": ["b"]}, "metadata.labels"),
        ({"name": "a", "labels": {"b": 1}}, "metadata.labels.b"),
        ({"name": "a", "labels": {"b": [1]}}, "metadata.labels.b[0]"),
        ({"name": "a", "annotations": {"b": True}}, "metadata.annotations.b"),
        ("text", "metadata"),
    ],
)
def test_wrong_types_and_unknown_fields_are_errors(judge, errors, metadata, path):
    assert errors(judge.one("service", {"metadata": metadata}, strict=True)) == [path]
