"""``airflow slo …``: the commands of ``ai-slo``, on the store that Airflow's connection names."""

from __future__ import annotations

import logging
import os
import sys
from argparse import REMAINDER, Namespace
from importlib import import_module

from airflow.cli.cli_config import ActionCommand, Arg, CLICommand

_WRONG = 2


def get_commands() -> list[CLICommand]:
    """What the provider adds to Airflow's command line."""
    return [
        ActionCommand(
            name="slo",
            help="Service level objectives: status, evaluate, freeze, report…",
            description="The commands of ai-slo, on the store that the Airflow connection slo_default names.",
            epilog="`airflow slo COMMAND --help` tells more; COMMAND is one of those of `ai-slo --help`.",
            func=run,
            args=(Arg(("command",), nargs=REMAINDER, help="Command of ai-slo, and its arguments"),),  # type: ignore[no-untyped-call]
        )
    ]


def run(args: Namespace) -> None:
    """Run one command of ``ai-slo``; exits with its code."""
    from airflow_ai_slo.core.errors import AiSloError
    from airflow_ai_slo.hooks.store import SLOHook

    # Airflow sends logs to stdout, where commands print JSON; a new store's first migration would mix with it.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # Only there are connections in Airflow's database to be seen by a command.
    os.environ.setdefault("_AIRFLOW_PROCESS_CONTEXT", "server")
    try:
        os.environ["AI_SLO_STORE_URL"] = SLOHook().url
    except AiSloError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(_WRONG)
    os.environ.setdefault("AI_SLO_STATS", "1")  # Airflow is loaded anyway, and its settings say whether
    sys.argv = ["ai-slo", *args.command]
    # By name: the plugin and the command line are two ways in, neither of which rests on the other.
    import_module("airflow_ai_slo.cli").main()
