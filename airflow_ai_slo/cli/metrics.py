"""``ai-slo metrics``: where every SLO stands, for Prometheus."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from airflow_ai_slo.cli.options import opened, store_url
from airflow_ai_slo.core.errors import ConfigurationError, StoreError

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

_HIGHEST_PORT = 65535


class _Address(click.ParamType[tuple[str, int]]):
    """``HOST:PORT``, or ``:PORT`` for every address of this machine."""

    name = "[host]:port"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        if isinstance(value, tuple):
            return value
        host, colon, port = value.rpartition(":")
        if not colon or not port.isascii() or not port.isdigit() or int(port) > _HIGHEST_PORT:
            self.fail(f"{value!r} is no address; write 127.0.0.1:9464, or :9464 for every address", param, ctx)
        return host.strip("[]"), int(port)


@click.command("metrics")
@click.option(
    "--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="File to replace in one step (*.prom)."
)
@click.option("--serve", type=_Address(), help="Serve it there, without a login, until stopped.")
@click.option(
    "--format", "kind", type=click.Choice(["prometheus", "openmetrics"]), default="prometheus", show_default=True
)
@click.option("--max-series", type=click.IntRange(min=0), help="So many series of SLOs at most; 100,000 unless told.")
@store_url
def command(
    output: Path | None, serve: tuple[str, int] | None, kind: str, max_series: int | None, url: str | None
) -> None:
    """Print budgets, burn rates, incidents and freezes as Prometheus reads them.

    With --output for the textfile collector of a node exporter; with --serve for a Prometheus that asks here.
    """
    if output and serve:
        raise click.UsageError("give --output or --serve, not both")
    if serve:
        _serve(serve, url, max_series)
        return
    text = partial(_text, url, max_series, openmetrics=kind == "openmetrics")
    if output is None:
        click.echo(text(), nl=False)
        return
    try:
        written = text()
    except StoreError:
        from airflow_ai_slo import engine

        # The figures of before would look like those of now.
        _replace(output, engine.exposition(engine.store_is_away(), openmetrics=kind == "openmetrics"))
        raise
    _replace(output, written)


def _text(url: str | None, most: int | None, *, openmetrics: bool) -> str:
    from airflow_ai_slo import engine
    from airflow_ai_slo.store.spool import default_path

    seen = engine.snapshot(opened(url), at=datetime.now(UTC), spool_path=default_path())
    shown = engine.families(seen, most=engine.MOST_SERIES if most is None else most)
    return engine.exposition(shown, openmetrics=openmetrics)


def _replace(path: Path, text: str) -> None:
    """Write a file so that nobody ever reads half of it, nor has no right to read it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(beside).chmod(0o644)
            Path(beside).replace(path)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be written: {error.strerror}") from None


def _serve(address: tuple[str, int], url: str | None, most: int | None) -> None:
    from wsgiref.simple_server import WSGIRequestHandler, make_server

    from airflow_ai_slo import engine

    engine.negotiated("")  # says what is missing before anybody asks
    opened(url)
    from prometheus_client.exposition import ThreadingWSGIServer

    def answer(environ: WSGIEnvironment, respond: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/metrics":
            respond("404 Not Found", [("Content-Type", "text/plain; charset=utf-8")])
            return [b"see /metrics\n"]
        content_type = engine.negotiated(environ.get("HTTP_ACCEPT", ""))
        openmetrics = engine.is_openmetrics(content_type)
        try:
            text = _text(url, most, openmetrics=openmetrics)
        except StoreError as error:
            click.echo(f"error: {error}", err=True)
            text = engine.exposition(engine.store_is_away(), openmetrics=openmetrics)
        respond("200 OK", [("Content-Type", content_type)])
        return [text.encode()]

    class Quiet(WSGIRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """Not a line for every scrape."""

    host, port = address
    try:
        server = make_server(host, port, answer, ThreadingWSGIServer, Quiet)
    except OSError as error:
        raise ConfigurationError(f"{host}:{port}: cannot be served there: {error.strerror}") from None
    with server, suppress(KeyboardInterrupt):
        click.echo(f"http://{host or '0.0.0.0'}:{server.server_port}/metrics", err=True)  # noqa: S104
        server.serve_forever()
