"""Reports: one self-contained HTML page, and the same facts as Markdown and JSON."""

from __future__ import annotations

from typing import Literal, get_args

from airflow_ai_slo.reports.model import Report

__all__ = ["FORMATS", "SUFFIXES", "Format", "render", "render_html", "render_json", "render_markdown"]

Format = Literal["html", "markdown", "json"]
FORMATS: tuple[Format, ...] = get_args(Format)
SUFFIXES: dict[Format, str] = {"html": ".html", "markdown": ".md", "json": ".json"}


def render(report: Report, kind: Format) -> str:
    """A report as text of one of :data:`FORMATS`."""
    return {"html": render_html, "markdown": render_markdown, "json": render_json}[kind](report)


def render_html(report: Report) -> str:
    """One HTML page that needs nothing else: no network, no file beside it, no JavaScript to be read."""
    from airflow_ai_slo.reports.html import page

    return page(report)


def render_markdown(report: Report) -> str:
    """The same facts as GitHub-flavoured Markdown."""
    from airflow_ai_slo.reports.markdown import document

    return document(report)


def render_json(report: Report) -> str:
    """The figures for programs: one JSON document, ending in a newline."""
    import json

    from airflow_ai_slo.reports.json_document import document

    return json.dumps(document(report), indent=2) + "\n"
