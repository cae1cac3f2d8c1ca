from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.measure.drift import Kind, ReferenceProfile, build_profile, save_profile
from airflow_ai_slo.measure.drift.files import read_reference, read_table
from airflow_ai_slo.measure.drift.values import kind_of


def read(tmp_path, text, **options):
    path = tmp_path / "data.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_table(path, **options)


def test_the_types_of_a_csv_file_are_read_from_its_text(tmp_path):
    frame = read(
        tmp_path,
        "n,f,b,t,z,c,d\n"
        "1,1.5,True,2024-01-01,2024-01-01T00:00:00+02:00,x,2024-13-01\n"
        "2,inf,false,2024-01-02 03:04:05.123456,2024-01-01T00:00:00Z,7,2024-01-01\n"
        ",,,,,,\n",
    )
    assert [kind_of(frame[name]) for name in frame] == [
        Kind.NUMERIC, Kind.NUMERIC, Kind.BOOLEAN, Kind.DATETIME, Kind.DATETIME, Kind.CATEGORICAL, Kind.CATEGORICAL,
    ]  # fmt: skip
    assert frame.isna().sum().tolist() == [1] * 7
    assert np.isinf(frame["f"][1])


def test_an_empty_field_is_missing_and_an_empty_text_in_quotes_is_not(tmp_path):
    frame = read(tmp_path, 'c,n,q\n"",1,"say ""hi"", ""x"""\n,"",b\na,"",""\n')
    assert frame["c"].isna().tolist() == [False, True, False]
    assert frame["c"].dropna().tolist() == ["", "a"]
    assert frame["n"].tolist()[0] == 1
    assert frame["n"].isna().tolist() == [False, True, True]
    assert frame["q"].tolist() == ['say "hi", "x"', "b", ""]


def test_in_a_file_of_one_column_quotes_are_how_missing_is_written(tmp_path):
    text = pd.DataFrame({"x": [1.5, None, 2.5]}).to_csv(index=False)
    assert '""' in text
    assert read(tmp_path, text)["x"].isna().tolist() == [False, True, False]


def test_na_is_missing_among_numbers_and_a_text_among_texts(tmp_path):
    frame = read(tmp_path, "n,c,b\n1,NA,NA\nNA,US,True\n2.5,null,None\n")
    assert frame["n"].isna().tolist() == [False, True, False]
    assert frame["c"].tolist() == ["NA", "US", "null"]
    assert frame["b"].isna().tolist() == [True, False, True]
    assert kind_of(frame["b"]) is Kind.BOOLEAN


def test_numbers_keep_all_their_digits(tmp_path):
    values = [0.1, 1 / 3, 5e-324, 1.7976931348623157e308, 2**53 + 1]
    frame = read(tmp_path, "x,y\n" + "\n".join(f"{value!r},NA" for value in values))
    assert frame["x"].tolist() == [float(value) for value in values]
    mixed = read(tmp_path, "x\n" + "\n".join([*(repr(value) for value in values), "NA"]))
    assert mixed["x"].tolist()[:-1] == [float(value) for value in values]


def test_digits_stay_texts_where_the_reference_knows_them_as_texts(tmp_path, now):
    profile = build_profile(pd.DataFrame({"gate": ["A1", "12", "NA"], "x": [1.0, 2.0, 3.0]}), name="r", now=now)
    frame = read(tmp_path, "gate,x\n12,1\n13,2\n", like=profile)
    assert frame["gate"].tolist() == ["12", "13"]
    assert frame["x"].tolist() == [1, 2]
    assert read(tmp_path, "gate,x\nNA,1\nNA,2\n", like=profile)["gate"].tolist() == ["NA", "NA"]
    other = read(tmp_path, "gate,x\n1.5,1\n2.5,2\n", like=profile)
    assert kind_of(other["gate"]) is Kind.NUMERIC


def test_marks_zips_and_line_ends_do_not_matter(tmp_path):
    text = b'\xef\xbb\xbfx,c\r\n1,a\r\n2,"b\r\nb"\r\n'
    assert read(tmp_path, text)["x"].tolist() == [1, 2]
    assert read(tmp_path, gzip.compress(text)).columns.tolist() == ["x", "c"]


def test_names_that_are_there_twice_stay_so(tmp_path):
    assert read(tmp_path, "x,x,y\n1,2,3\n").columns.tolist() == ["x", "x", "y"]


def test_a_header_alone_is_a_table_without_rows(tmp_path):
    frame = read(tmp_path, "x,y\n")
    assert (len(frame), frame.columns.tolist()) == (0, ["x", "y"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"x,y\n1,\xff\n", "is not UTF-8 text at byte 6"),
        (b"x\x00\x00,y\n", "neither CSV nor Parquet"),
        (b"x,y\n1,2,3\n4,5,6\n", "more fields than the header"),
        (b"x,y\n1,2\n4,5,6\n", "line 3"),
        (b'x,y\n1,"2\n', "EOF inside string"),
        (b"PAR1nonsense", "cannot be read as Parquet"),
        (b'{"a": 1}', "is JSON"),
        (b"\x1f\x8bnonsense", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(content, message, tmp_path):
    with pytest.raises(DataError, match=message) as caught:
        read(tmp_path, content)
    assert str(caught.value).startswith(f"{tmp_path / 'data.csv'}: ")
    assert "\n" not in str(caught.value)


def test_parquet_keeps_its_types(tmp_path):
    frame = pd.DataFrame({"c": ["", None, "NA"], "b": [True, None, False], "t": pd.to_datetime(["2024-01-01"] * 3)})
    frame.to_parquet(tmp_path / "d.parquet")
    found = read_table(tmp_path / "d.parquet")
    assert [kind_of(found[name]) for name in found] == [Kind.CATEGORICAL, Kind.BOOLEAN, Kind.DATETIME]
    assert found["c"].dropna().tolist() == ["", "NA"]


def test_a_reference_is_a_profile_or_data(tmp_path, now):
    profile = build_profile(pd.DataFrame({"x": [1.0]}), name="r", now=now)
    save_profile(profile, tmp_path / "r.json")
    (tmp_path / "r.csv").write_text("x\n1\n")
    assert read_reference(tmp_path / "r.json") == profile
    assert not isinstance(read_reference(tmp_path / "r.csv"), ReferenceProfile)
