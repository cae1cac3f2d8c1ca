"""The HTML report: templates, styles and a small script in one page under a content security policy of its own.

The policy forbids everything but this page's own style and script (by their hashes), so even a hostile name that
slipped through escaping could neither run nor load anything.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.reports.model import Report
from airflow_ai_slo.reports.plots.plot import BUDGET_HEIGHT, BURN_HEIGHT, LANE_HEIGHT
from airflow_ai_slo.reports.plots.sparkline import HEIGHT, WIDTH
from airflow_ai_slo.reports.text import clean
from airflow_ai_slo.reports.verdict import STATE_WORDS
from airflow_ai_slo.reports.view import view

if TYPE_CHECKING:
    from jinja2 import Environment

_FILTER_FROM = 12
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)


def page(report: Report) -> str:
    """The whole page."""
    given = {"report": view(report), "filter_from": _FILTER_FROM, "words": STATE_WORDS}
    return document("report.html.jinja", ("report.css",), "report.js", **given)


def document(template: str, styles: Sequence[str], script: str, **given: Any) -> str:
    """A page with its styles, its script and the policy that allows nothing else."""
    style, code = "\n".join(map(_source, styles)), _source(script)
    policy = (
        "default-src 'none'",
        f"style-src {_digest(style)}",
        f"script-src {_digest(code)}",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    )
    found = _environment().get_template(template)
    return found.render(**given, style=style, script=code, policy="; ".join(policy))


def render(template: str, styles: Sequence[str], **given: Any) -> str:
    """A template with its styles, such as an SVG."""
    return _environment().get_template(template).render(**given, style="\n".join(map(_source, styles)))


@cache
def _source(name: str) -> str:
    """A template file without its indentation, which a page of hundreds of SLOs would otherwise repeat."""
    text = resources.files("airflow_ai_slo.reports").joinpath("templates", name).read_text(encoding="utf-8")
    return _INDENT.sub("", text).strip()


def _digest(source: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        loader=FunctionLoader(_source),
        autoescape=True,
        finalize=clean,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(burn_height=BURN_HEIGHT, budget_height=BUDGET_HEIGHT, lane_height=LANE_HEIGHT)
    environment.globals.update(spark_width=WIDTH, spark_height=HEIGHT)
    return environment
