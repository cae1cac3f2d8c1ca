"""Every command line that a page shows is one that `ai-slo` takes, and every command is on the page of commands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from airflow_ai_slo.cli.main import cli

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
_FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
_COMMAND = re.compile(r"^(?:\$ )?(?:\w+=\S+ )*(?:\S*/)?ai-slo (?P<rest>.+)$")


def _lines() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for language, block in _FENCE.findall(page.read_text(encoding="utf-8")):
            lines = block.replace("\\\n", " ").splitlines() if language in ("", "bash", "console", "sh") else ()
            for line in lines:
                found = _COMMAND.match(line.strip())
                if found:
                    yield str(page.relative_to(ROOT)), found["rest"]
    for module in (ROOT / "airflow_ai_slo" / "plugin" / "ui" / "static").glob("*.js"):
        for command in re.findall(r"[\"`]ai-slo ([^\"`]+)[\"`]\)", module.read_text(encoding="utf-8")):
            yield module.name, re.sub(r"\$\{.*?\}", "X", command)


LINES = sorted(set(_lines()))


def _leaves(command: click.Command, *above: str) -> Iterator[tuple[str, ...]]:
    if not isinstance(command, click.Group):
        yield above
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        assert inner is not None
        yield from _leaves(inner, *above, name)


def test_pages_show_commands() -> None:
    assert len(LINES) > 30
    assert {page for page, _ in LINES} >= {"docs/quickstart.md", "docs/replay.md", "docs/corrections.md"}


@pytest.mark.parametrize(("page", "line"), LINES)
def test_a_command_on_a_page_is_taken(page: str, line: str) -> None:
    line = re.sub(r"\$\(.*?\)", "X", line)
    words = shlex.split(re.split(r"\s[|>&;]", line)[0], comments=True)
    command: click.Command = cli
    context = click.Context(cli)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        inner = command.get_command(context, words[0])
        assert inner is not None, f"{page}: ai-slo {line}: there is no command {words[0]}"
        command, words = inner, words[1:]
        context = click.Context(command, parent=context)
    try:
        command.make_parser(context).parse_args([word for word in words if word != "…"])
    except click.UsageError as error:
        pytest.fail(f"{page}: ai-slo {line}: {error.format_message()}")


@pytest.mark.parametrize("words", sorted(_leaves(cli)), ids=" ".join)
def test_a_command_is_on_the_page(words: tuple[str, ...]) -> None:
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    *group, name = words
    assert re.search(rf"`(?:ai-slo )?(?:{' '.join(group)} )?[\w|]*\b{re.escape(name)}\b", page), " ".join(words)
