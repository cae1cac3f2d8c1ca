"""``ai-slo validate`` as scripts and people see it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from airflow_ai_slo.cli.validate import command


@pytest.fixture
def run():
    return lambda *args: CliRunner().invoke(command, [str(arg) for arg in args])


def test_valid_definitions_exit_0(judge, run):
    path = judge.write(judge.changed("slo-by-reference", {}), judge.changed("sli-good", {}))
    result = run(path)
    assert (result.exit_code, result.stdout) == (0, "2 documents: 0 errors, 0 warnings\n")


def test_errors_exit_1_and_are_told_from_warnings(judge, run):
    path = judge.write(judge.changed("service", {"metadata.names": 1, "metadata.name": ""}))
    result = run(path)
    assert result.exit_code == 1
    assert f"error   {path}#0 Service/: metadata.name: is missing" in result.stdout
    assert f"warning {path}#0 Service/: metadata.names: unknown field (did you mean name?)" in result.stdout
    assert result.stdout.endswith("1 document: 1 error, 1 warning\n")


def test_lines_are_told_where_they_are_known(tmp_path, run):
    path = tmp_path / "a.yaml"
    path.write_text("apiVersion: openslo/v1\nkind: Service\nmetadata:\n  name: ok\n  nam: x\n")
    assert "(line 5)" in run(path).stdout


def test_json_is_one_document_on_stdout(judge, run):
    path = judge.write(
        judge.changed("service", {"metadata.namespace": "x"}), judge.changed("target", {"spec.target": ""})
    )
    result = run("--format", "json", path)
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "valid": False,
        "documents": [
            {
                "file": str(path),
                "index": 0,
                "kind": "Service",
                "name": "service",
                "valid": True,
                "problems": [
                    {
                        "path": "metadata.namespace",
                        "message": "unknown field (did you mean name?); "
                        "known here: name, displayName, labels, annotations",
                        "severity": "warning",
                    }
                ],
            },
            {
                "file": str(path),
                "index": 1,
                "kind": "AlertNotificationTarget",
                "name": "target",
                "valid": False,
                "problems": [{"path": "spec.target", "message": "is missing", "severity": "error"}],
            },
        ],
    }


def test_strict_turns_departures_into_errors(judge, run):
    path = judge.write(judge.changed("service", {"metadata.namespace": "x"}))
    assert run(path).exit_code == 0
    assert run("--strict", path).exit_code == 1


def test_a_missing_file_exits_2(tmp_path, run):
    result = run(tmp_path / "gone.yaml")
    assert result.exit_code == 2
    assert "gone.yaml: No such file or directory" in result.stderr
    assert run("--format", "json", tmp_path / "gone.yaml").exit_code == 2


def test_nothing_found_exits_2(tmp_path, run):
    result = run(tmp_path)
    assert result.exit_code == 2
    assert f"no OpenSLO document in {tmp_path}" in result.stderr


def test_other_tools_documents_are_counted_not_listed(tmp_path, judge, run):
    judge.write(judge.changed("service", {}))
    (tmp_path / "compose.yaml").write_text("services: {}\n")
    result = run(tmp_path)
    assert (result.exit_code, result.stdout) == (0, "1 document: 0 errors, 0 warnings; 1 not OpenSLO, left out\n")


def test_wrong_usage_exits_2(run):
    assert run().exit_code == 2
    assert run("--format", "xml", "a.yaml").exit_code == 2


def test_every_problem_is_one_line(tmp_path, run):
    path = tmp_path / "a.yaml"
    path.write_text('apiVersion: openslo/v1\nkind: "a\\nb"\nmetadata: {name: "c\\n\\td", "x\\ny": 1}\n')
    lines = run(path).stdout.splitlines()
    assert all(line.startswith(("error   ", "warning ", "1 document: ")) for line in lines)


def test_halves_of_characters_are_refused_and_shown_escaped(tmp_path, run):
    path = tmp_path / "a.json"
    for document in (r'{"kind": "\ud800"}', r'{"\ud800": 1}'):
        path.write_text(document)
        result = run(path)
        assert result.exit_code == 1
        assert r"'\ud800' holds half a character" in result.stdout


def test_it_starts_without_heavy_imports():
    code = (
        "import sys, airflow_ai_slo.cli.validate;"
        "heavy = {'airflow', 'pandas', 'numpy', 'sqlalchemy', 'great_expectations', 'jinja2'} & set(sys.modules);"
        "print(sorted(heavy))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout == "[]\n"
