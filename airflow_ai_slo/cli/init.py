"""``ai-slo init``: definitions and a DAG to begin with."""

from __future__ import annotations

import re
import sys
from importlib.metadata import packages_distributions
from importlib.resources import files
from importlib.resources.abc import Traversable
from keyword import iskeyword
from pathlib import Path

import click

from airflow_ai_slo.core.errors import ConfigurationError

_SERVICE = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_DESCRIPTION = re.compile(r'"""(.*?)\n', re.DOTALL)


@click.command("init")
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.option("--template", metavar="NAME", help="What kind of service; without it, the kinds are listed.")
@click.option("--service", metavar="NAME", help="Name of your service; by default the template's.")
@click.option("--force", is_flag=True, help="Write over files that are there.")
def command(folder: Path | None, template: str | None, service: str | None, force: bool) -> None:
    """Write OpenSLO definitions and an example DAG into FOLDER (by default the current one).

    Both run as they are, on data that the DAG makes. Put them into the folder of your DAGs, switch the DAG on, and
    replace its data by yours.
    """
    known = _templates()
    if template is None:
        width = max(map(len, known))
        for name, place in known.items():
            click.echo(f"{name:{width}}  {_about(place)}")
        return
    if template not in known:
        raise click.UsageError(f"--template {template!r} is not one of {', '.join(known)}")
    name = template if service is None else service
    if not _SERVICE.fullmatch(name):
        raise click.UsageError(f"--service {name!r}: write small letters, digits and dashes, such as {template}")
    _check_free(name, known[template])
    written = _write(known[template], template, name, folder or Path(), force=force)
    for path in written:
        click.echo(path)
    click.echo(
        f"Next: switch the DAG {_as_python(name)} on; `ai-slo status` shows the budgets after its first run", err=True
    )


def _templates() -> dict[str, Traversable]:
    places = files("airflow_ai_slo").joinpath("templates").iterdir()
    return {place.name: place for place in sorted(places, key=lambda place: place.name) if place.is_dir()}


def _about(place: Traversable) -> str:
    found = _DESCRIPTION.match(place.joinpath("dag.py").read_text(encoding="utf-8"))
    return found[1] if found else ""


def _check_free(service: str, place: Traversable) -> None:
    """:raises UsageError: the file could not be a DAG, or would stand in the way of a module of that name."""
    name, source = _as_python(service), place.joinpath("dag.py").read_text(encoding="utf-8")
    imported = re.search(rf"^(from|import)\b.*\b{name}\b", source, re.MULTILINE)
    if not name.isidentifier() or iskeyword(name) or imported:
        raise click.UsageError(f"--service {service!r}: is no name for a DAG's function; try 'my-{service}'")
    if name in sys.stdlib_module_names or name in packages_distributions():
        raise click.UsageError(f"--service {service!r}: {name}.py would hide Python's {name}; try 'my-{service}'")


def _write(place: Traversable, template: str, service: str, folder: Path, *, force: bool) -> list[Path]:
    """The template's files under the service's name, all of them or none."""
    name = _as_python(service)
    paths = {folder / f"{name}.py": "dag.py", folder / f"{name}.slo.yaml": "slo.yaml"}
    there = [path for path in paths if path.exists()]
    if there and not force:
        raise ConfigurationError(f"{there[0]}: is there already; --force writes over it")
    folder.mkdir(parents=True, exist_ok=True)
    for path, source in paths.items():
        text = place.joinpath(source).read_text(encoding="utf-8")
        text = text.replace(template, service).replace(_as_python(template), name)
        path.write_text(text, encoding="utf-8")
    return list(paths)


def _as_python(name: str) -> str:
    return name.replace("-", "_")
