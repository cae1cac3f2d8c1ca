"""The page about freezes: its examples hold, and say the same."""

from __future__ import annotations

import re
from pathlib import Path

from airflow_ai_slo import FreezePolicy, Service, openslo
from airflow_ai_slo.openslo.translate.annotations import ON_SERVICE

PAGE = (Path(__file__).parents[2] / "docs" / "freezes.md").read_text()


def test_the_document_and_the_python_object_are_the_same_policy(tmp_path: Path) -> None:
    [document] = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
    [code] = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    path = tmp_path / "service.yaml"
    path.write_text(document)
    names: dict[str, Service] = {}
    exec(compile(code, "freezes.md", "exec"), names)
    loaded = openslo.load([path])
    assert loaded.problems == ()
    [service] = loaded.services
    assert service.freeze == names["service"].freeze != FreezePolicy()
    assert all(f"airflow-ai-slo/{name}:" in document for name in ON_SERVICE if name != "notify")
    assert [result.problems for result in openslo.validate([path], strict=True)] == [()]
