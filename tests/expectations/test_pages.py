"""What the reference pages show runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGES = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize(
    ("page", "printed"),
    [
        ("drift.md", ["1 of 2 judged columns drifted: dep_delay", "1 of 2", "[('features', 2)", "features@2"]),
        ("expectations.md", ["expect_column_max_timestamp_to_be_recent True", "1 of 2", "drift"]),
    ],
)
def test_the_examples_of_a_page_run(page, printed, capsys):
    code = "\n".join(re.findall(r"```python\n(.*?)```", (PAGES / page).read_text(encoding="utf-8"), re.DOTALL))
    exec(compile(code, page, "exec"), {})
    output = capsys.readouterr().out
    for text in printed:
        assert re.search(rf"^{re.escape(text)}", output, re.MULTILINE), output
