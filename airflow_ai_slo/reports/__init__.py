"""Reports: one self-contained HTML page, and the same facts as Markdown."""

from __future__ import annotations

from airflow_ai_slo.reports.model import Report

__all__ = ["render_html", "render_markdown"]


def render_html(report: Report) -> str:
    """One HTML page that needs nothing else: no network, no file beside it, no JavaScript to be read."""
    from airflow_ai_slo.reports.html import page

    return page(report)


def render_markdown(report: Report) -> str:
    """The same facts as GitHub-flavoured Markdown."""
    from airflow_ai_slo.reports.markdown import document

    return document(report)
