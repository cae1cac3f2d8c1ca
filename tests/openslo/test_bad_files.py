"""Files that cannot be read, are no YAML, or are built to hurt: one clear line each."""

from __future__ import annotations

import json

import pytest

from airflow_ai_slo import openslo
from airflow_ai_slo.core.errors import DefinitionError
from airflow_ai_slo.openslo.documents.values import LARGEST

SERVICE = "apiVersion: openslo/v1\nkind: Service\nmetadata: {name: ok}\n"


def only(results):
    (result,) = results
    (problem,) = result.problems
    return result, problem


def test_a_file_that_is_not_there_is_unreadable(tmp_path):
    result, problem = only(openslo.validate([tmp_path / "gone.yaml"]))
    assert result.unreadable
    assert not result.valid
    assert problem.message == "No such file or directory"


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"\x89PNG\r\n\x1a\n\x00"])
def test_a_binary_file_is_not_text(judge, data):
    assert "not UTF-8" in only(judge.text(data))[1].message


def test_control_characters_are_no_yaml(judge):
    assert "not YAML" in only(judge.text("kind: \x00"))[1].message


def test_a_byte_order_mark_is_passed_over(judge):
    assert only_valid(judge.text(b"\xef\xbb\xbf" + SERVICE.encode()))


def only_valid(results):
    return [result.problems for result in results] == [()]


def test_an_empty_file_holds_no_document(judge):
    for text in ("", "\n", "# nothing here\n", "---\n---\n", "null\n"):
        result, problem = only(judge.text(text))
        assert result.foreign
        assert "empty" in problem.message


def test_a_broken_document_keeps_those_before_it(judge):
    first, second = judge.text(f"{SERVICE}---\nkind: [\n")
    assert first.valid
    assert (second.index, second.valid) == (1, False)
    assert second.problems[0].message.startswith("line ")


def test_tabs_get_a_hint(judge):
    assert "spaces, not tabs" in only(judge.text("kind: Service\nmetadata:\n\tname: a\n"))[1].message


def test_a_template_gets_a_hint(judge):
    assert "template" in only(judge.text("{{ if .Values.slo }}\nkind: SLO\n{{ end }}\n"))[1].message


@pytest.mark.parametrize("text", ["just words", "42", "[[1], {kind: SLO}]", "- 1\n- two"])
def test_what_is_no_mapping_is_no_object(judge, text):
    for strict in (True, False):
        results = judge.text(text, strict=strict)
        assert results
        assert not any(result.valid for result in results)


def test_a_list_of_objects_is_so_many_documents(judge):
    text = "".join(f"- apiVersion: openslo/v1\n  kind: Service\n  metadata: {{name: s{n}}}\n" for n in range(3))
    assert [(result.index, result.name, result.valid) for result in judge.text(text)] == [
        (0, "s0", True),
        (1, "s1", True),
        (2, "s2", True),
    ]


@pytest.mark.parametrize("name", ["a.yaml", "a.json"])
def test_deep_nesting_is_bounded(judge, name):
    assert "nest" in only(judge.text("[" * 50_000 + "]" * 50_000, name=name))[1].message


def test_an_alias_bomb_is_bounded(judge):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert f"more than {LARGEST:,} values" in only(judge.text("\n".join(lines)))[1].message


def test_an_alias_of_itself_is_an_error(judge):
    assert "anchor" in only(judge.text("spec: &a {inner: *a}\n"))[1].message


def test_aliases_and_merges_that_stay_small_work(judge):
    text = """
x: &common {type: airflow, spec: {dag_id: load}}
apiVersion: openslo/v1
kind: SLI
metadata: {name: a}
spec:
  ratioMetric:
    good: {metricSource: {<<: *common, spec: {dag_id: load, state: success}}}
    total: {metricSource: *common}
"""
    _, problem = only(judge.text(text, strict=True))
    assert problem.path == "x"


def test_a_key_given_twice_is_an_error_with_its_lines(judge):
    _, problem = only(judge.text(f"{SERVICE}spec:\n  description: a\n  description: b\n"))
    assert (problem.path, problem.line) == ("spec.description", 6)
    assert "line 6" in problem.message


def test_a_json_key_given_twice_is_an_error(judge):
    assert "twice" in only(judge.text('{"kind": "SLO", "kind": "SLI"}', name="a.json"))[1].message


@pytest.mark.parametrize("text", ["{", '{"a": NaN}', "[1,]", "{'a': 1}", "9" * 5000])
def test_broken_json_is_said_to_be(judge, text):
    assert "JSON" in only(judge.text(text, name="a.json"))[1].message


@pytest.mark.parametrize("key", ["? [a, b]\n: c", "~: a", "? {a: b}\n: c"])
def test_keys_must_be_text(judge, key):
    assert "key" in only(judge.text(key))[1].message


def test_number_keys_are_text(judge):
    assert only_valid(
        judge.text(f"{SERVICE.strip()}\nspec: {{}}\n".replace("ok}", "ok, labels: {2026: a}}"), strict=True)
    )


@pytest.mark.parametrize("value", ["!!python/name:os.system ''", "!!python/object/apply:os.system [true]", "!x {a: b}"])
def test_tags_that_name_objects_are_refused(judge, value):
    assert "not allowed" in only(judge.text(f"kind: {value}\n"))[1].message


def test_plain_tags_are_kept(judge):
    assert only_valid(judge.text(f"{SERVICE.replace('ok', '!!str 7')}spec: !!map {{}}\n", strict=True))


def test_a_huge_file_is_refused(judge):
    assert "larger than" in only(judge.text("#" * (10 * 1024 * 1024 + 1)))[1].message


def test_names_in_messages_stay_short_and_on_one_line(judge):
    text = f'apiVersion: openslo/v1\nkind: {"K" * 5000}\nmetadata: {{name: "a\\nb"}}\n'
    for problem in judge.text(text)[0].problems:
        assert len(problem.message) < 300
        assert "\n" not in problem.message


def test_a_flood_of_unknown_fields_is_summed_up(judge):
    fields = "".join(f"x{number}: 1\n" for number in range(5000))
    (result,) = judge.text(SERVICE + fields)
    assert len(result.problems) == 51
    assert "4950 more unknown fields" in result.problems[-1].message


def test_folders_are_searched_in_depth_hidden_ones_left_out(tmp_path):
    for number, place in enumerate(("b.yml", "a/z.yaml", "a/y.json", "a/x.txt", ".git/c.yaml", "a/.hidden.yaml")):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        document = {"apiVersion": "openslo/v1", "kind": "Service", "metadata": {"name": f"s{number}"}}
        (tmp_path / place).write_text(json.dumps(document))
    found = [result.file.removeprefix(f"{tmp_path}/") for result in openslo.validate([tmp_path, tmp_path / "b.yml"])]
    assert found == ["b.yml", "a/y.json", "a/z.yaml"]


def test_other_tools_documents_in_a_folder_are_left_out(tmp_path):
    (tmp_path / "a.yaml").write_text(SERVICE)
    (tmp_path / "service.yaml").write_text("apiVersion: v1\nkind: Service\nmetadata: {name: k8s}\n")
    (tmp_path / "compose.yaml").write_text("services: {web: {image: a}}\n")
    lenient = openslo.validate([tmp_path])
    assert [(result.foreign, result.valid) for result in lenient] == [(False, True), (True, True), (True, True)]
    assert [result.valid for result in openslo.validate([tmp_path], strict=True)] == [True, False, False]
    assert not openslo.validate([tmp_path / "compose.yaml"])[0].valid


def test_those_who_need_definitions_get_the_first_error(tmp_path, judge):
    path = judge.write(judge.changed("slo-by-reference", {"spec.objectives.0.targetPercent": 100}))
    with pytest.raises(DefinitionError) as caught:
        openslo.require([path])
    assert caught.value.file == str(path)
    assert caught.value.path == "spec.objectives[0].targetPercent"
    with pytest.raises(DefinitionError, match="No such file"):
        openslo.require([tmp_path / "gone.yaml"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(DefinitionError, match="no OpenSLO document"):
        openslo.require([tmp_path / "empty"])
