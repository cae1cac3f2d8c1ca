"""The command line: sub-commands load when they are called, and a user's mistake is one line."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import NoReturn

import click

from airflow_ai_slo import __version__
from airflow_ai_slo.core.errors import AiSloError, StoreError

WRONG = 2
UNKNOWN = 4

COMMANDS = {
    "apply": "store_commands:apply",
    "backtest": "backtest:command",
    "correct": "correct:command",
    "db": "store_commands:db",
    "drift": "drift:command",
    "evaluate": "store_commands:evaluate",
    "freeze": "freeze:command",
    "import-history": "import_history:command",
    "incident": "incident:command",
    "init": "init:command",
    "latency": "latency:command",
    "metrics": "metrics:command",
    "outbox": "outbox:command",
    "pause": "pause:pause",
    "profile": "profile:command",
    "reconcile": "reconcile:command",
    "record": "record:command",
    "replay": "replay:command",
    "report": "report:command",
    "resume": "pause:resume",
    "review": "review:command",
    "spent": "spent:command",
    "status": "status:command",
    "suggest": "suggest:command",
    "validate": "validate:command",
}


class _Lazy(click.Group):
    """A group whose commands are imported when they run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(import_module(f"airflow_ai_slo.cli.{module}"), attribute)
        return command


@click.group("ai-slo", cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ai-slo")
def cli() -> None:
    """Service level objectives for the pipelines that feed AI services."""


def main() -> None:
    """Run ``ai-slo``. Exit codes: 0 fine, 1 the answer is no, 2 wrong usage or input, 3 frozen, 4 unknown."""
    try:
        code = cli(prog_name="ai-slo", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        sys.exit(WRONG)
    except click.UsageError as error:
        _stop(f"{error.format_message()} (see {error.ctx.command_path if error.ctx else 'ai-slo'} --help)", WRONG)
    except (click.Abort, KeyboardInterrupt):
        _stop("interrupted", WRONG)
    except StoreError as error:
        _stop(str(error), UNKNOWN)
    except AiSloError as error:
        _stop(str(error), WRONG)
    except BrokenPipeError:
        sys.exit(0)
    except OSError as error:
        _stop(error.strerror or str(error), WRONG)


def _stop(message: str, code: int) -> NoReturn:
    click.echo("error: " + " ".join(message.split()), err=True)
    sys.exit(code)
