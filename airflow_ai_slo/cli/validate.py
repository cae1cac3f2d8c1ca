"""``ai-slo validate``: judge OpenSLO definitions."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from airflow_ai_slo import openslo
from airflow_ai_slo.cli.options import dag_schedule

INVALID = 1
UNREADABLE = 2


@click.command("validate")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--strict", is_flag=True, help="OpenSLO v1 to the letter, each document by itself.")
@click.option("--format", "output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(paths: tuple[Path, ...], strict: bool, output: str) -> None:
    """Judge OpenSLO v1 definitions in files and folders (YAML or JSON).

    By default what is in common use passes with warnings, references must resolve, and numbers must be ones the
    engine can use. Exit codes: 0 valid, 1 invalid, 2 a file cannot be read or no definition was found.
    """
    documents = openslo.validate(paths, strict=strict, schedules=dag_schedule)
    found = not all(document.foreign for document in documents)
    valid = found and all(document.valid for document in documents)
    if output == "json":
        click.echo(json.dumps({"valid": valid, "documents": [document.as_json() for document in documents]}, indent=2))
    else:
        _print(documents)
    if not found:
        click.echo(f"no OpenSLO document in {', '.join(map(str, paths))}", err=True)
        sys.exit(UNREADABLE)
    if any(document.unreadable for document in documents):
        sys.exit(UNREADABLE)
    sys.exit(0 if valid else INVALID)


def _print(documents: Sequence[openslo.DocumentResult]) -> None:
    """One line a problem, and a summary."""
    ours = [document for document in documents if not document.foreign]
    for document in ours:
        for problem in document.problems:
            click.echo(_line(document, problem), err=document.unreadable)
    errors = sum(len(document.errors) for document in ours)
    warnings = sum(len(document.problems) for document in ours) - errors
    judged = _count(sum(not document.unreadable for document in ours), "document")
    others = f"; {len(documents) - len(ours)} not OpenSLO, left out" if len(ours) < len(documents) else ""
    click.echo(f"{judged}: {_count(errors, 'error')}, {_count(warnings, 'warning')}{others}")


def _line(document: openslo.DocumentResult, problem: openslo.Problem) -> str:
    severity = click.style(f"{problem.severity:8}", fg="red" if problem.severity == "error" else "yellow")
    return severity + document.says(problem)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
