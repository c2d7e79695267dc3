"""What a file on the command line may hold, and how one that is no use is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from commandline.files import MAX_DEPTH, FileError, load_json, writable
from localcloud.world import WorldError, load_world


@pytest.fixture
def written(tmp_path: Path):
    def write(content: str | bytes) -> Path:
        path = tmp_path / "some.json"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


@pytest.mark.parametrize(
    ("content", "value"),
    [
        ('{"a": [1, 2.5, "é", null, true]}', {"a": [1, 2.5, "é", None, True]}),
        ("7", 7),
        ('"NaN"', "NaN"),
    ],
)
def test_any_json_is_taken(written, content: str, value: object) -> None:
    assert load_json(written(content)) == value


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ("{", "is not JSON: Expecting property name"),
        ("", "is not JSON: Expecting value"),
        (b"\xff", "is not JSON: 'utf-8' codec"),
        ('{"deadline_seconds": NaN}', "is not JSON: NaN is not a JSON number"),
        ("[-Infinity]", "is not JSON: -Infinity is not a JSON number"),
        ("[1e400]", "is not JSON: 1e400 is beyond the range of numbers"),
        (nested(100_000), "is nested deeper than 100 levels"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, "is nested deeper than 100 levels"),
        (nested(MAX_DEPTH + 1), "is nested deeper than 100 levels"),
    ],
)
def test_what_is_not_is_refused_in_one_line_as_a_request_and_as_a_world(
    written, content: str | bytes, rule: str
) -> None:
    path = written(content)

    with pytest.raises(FileError) as refused:
        load_json(path)
    with pytest.raises(WorldError) as world_refused:
        load_world(path)

    assert str(refused.value).startswith(f"{path}: {rule}")
    assert "\n" not in str(refused.value)
    assert str(world_refused.value) == str(refused.value)


def test_the_deepest_nesting_is_taken(written) -> None:
    assert load_json(written(nested(MAX_DEPTH))) is not None


def test_a_path_that_can_be_written_to_is_left_as_it_was(tmp_path: Path) -> None:
    there = tmp_path / "there.json"
    there.write_text("before")

    assert writable(str(there)) == there
    assert writable(str(tmp_path / "new.json")) == tmp_path / "new.json"

    assert [path.name for path in tmp_path.iterdir()] == ["there.json"]
    assert there.read_text() == "before"


def test_a_pipe_is_not_opened_before_there_is_something_to_write(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")  # opening it would wait for a reader

    assert writable(str(tmp_path / "pipe")).name == "pipe"


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("{tmp}/none/report.json", "No such file or directory"),
        ("{tmp}", "Is a directory"),
        ("{tmp}/file/report.json", "Not a directory"),
        ("{tmp}/closed/report.json", "Permission denied"),
    ],
)
def test_a_path_that_cannot_be_written_to_is_refused(tmp_path: Path, path: str, rule: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "closed").mkdir(mode=0o500)
    if "closed" in path and os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    named = path.format(tmp=tmp_path)

    with pytest.raises(FileError) as refused:
        writable(named)

    assert str(refused.value) == f"{named}: {rule}"
