"""What an export's own files say is returned; what they lack or garble fails nothing."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.response import StreamingBody
from hypothesis import given
from hypothesis import strategies as st

from lambdas.exports.details import FileDetails
from lambdas.exports.files import MAX_TABLE_FILES, ExportFiles
from lambdas.exports.progress import folder
from lambdas.exports.result_files import MAX_LISTED_BYTES, info_key, result, tables_prefix
from lambdas.exports.work import ExportProgress
from lambdas.jobs.phases import Phase
from tests.unit.builders import (
    NOW,
    export_details,
    export_task,
    export_work,
    json_bytes,
    through_json,
)
from tests.unit.examples import examples
from tests.unit.fakes import client_error

FOLDER, TASK = "exports/any-task/", "any-task"
INFO = info_key(FOLDER, TASK)
NOTHING = {
    "files_found": False,
    "files_status": None,
    "table_results": (),
    "tables_counted": 0,
    "tables_not_complete": 0,
}


class FakeBucket:
    """Stands for boto3's S3 client with one bucket; every object is answered in full or fails."""

    NAME = "any-bucket"

    def __init__(self, objects: dict[str, Any]) -> None:
        self.objects = objects
        self.read: list[str] = []
        self.listing: Exception | None = None

    def get_object(self, **asked: str) -> dict[str, Any]:
        assert asked == {"Bucket": self.NAME, "Key": asked["Key"]}
        self.read.append(asked["Key"])
        found = self.objects.get(asked["Key"], client_error("NoSuchKey", 404))
        if isinstance(found, Exception):
            raise found
        if isinstance(found, StreamingBody):
            return {"Body": found}
        body = found if isinstance(found, bytes) else found.encode()
        return {"Body": StreamingBody(BytesIO(body), len(body))}

    def list_objects_v2(self, **asked: Any) -> dict[str, Any]:
        prefix, most = asked["Prefix"], asked["MaxKeys"]
        assert asked == {"Bucket": self.NAME, "Prefix": prefix, "MaxKeys": most}
        if self.listing is not None:
            raise self.listing
        keys = sorted(key for key in self.objects if key.startswith(prefix))[:most]
        return {"Contents": [{"Key": key} for key in keys]} if keys else {}


def tables_key(number: int) -> str:
    return f"{tables_prefix(FOLDER, TASK)}{number:03}_to_{number + 1:03}.json"


def tables(*rows: Any) -> str:
    return json.dumps({"perTableStatus": list(rows)})


def table(name: str, status: str = "COMPLETE", **fields: Any) -> dict[str, Any]:
    return {"target": name, "status": status} | fields


def details_from(bucket: FakeBucket) -> FileDetails:
    return ExportFiles(bucket.NAME, connect={"s3": bucket}.__getitem__).collect(FOLDER, TASK)


def as_written(files: FileDetails) -> dict[str, Any]:
    """Return the details of an export with these files as Step Functions gets to see them."""
    work = export_work(progress=ExportProgress(details=export_details()))
    work = work.close(phase=Phase.COMPLETE, reason="Any", message="any", now=NOW, files=files)
    (entry,) = work.entries
    payload = entry.model_dump(mode="json")
    json.dumps(payload, ensure_ascii=False, allow_nan=False).encode()
    return through_json(payload)["details"]


def test_returns_what_the_files_say():
    bucket = FakeBucket(
        {
            INFO: json.dumps({"exportTaskIdentifier": TASK, "status": "COMPLETE"}),
            tables_key(1): tables(table("shop.public.orders", sizeGB=1.5, warningMessage="any")),
            tables_key(3): tables(table("shop.public.carts", "FAILED"), table("shop.public.x")),
            "exports/another-task/export_info_another-task.json": "{}",
        }
    )
    assert details_from(bucket) == {
        "files_found": True,
        "files_status": "COMPLETE",
        "table_results": (
            {"table": "shop.public.orders", "status": "COMPLETE", "size_gb": 1.5},
            {"table": "shop.public.carts", "status": "FAILED"},
            {"table": "shop.public.x", "status": "COMPLETE"},
        ),
        "tables_counted": 3,
        "tables_not_complete": 1,
    }
    assert bucket.read == [INFO, tables_key(1), tables_key(3)]


@pytest.mark.parametrize(("prefix", "path"), [("", "any-task/"), ("a/b", "a/b/any-task/")])
def test_reads_the_folder_of_the_task(prefix, path):
    assert folder(export_task(prefix=prefix)) == path
    assert info_key(path, TASK) == f"{path}export_info_any-task.json"


def test_files_that_are_not_there_are_reported_as_that():
    assert details_from(FakeBucket({})) == NOTHING


def test_an_export_without_tables_of_its_own_is_reported_by_its_summary():
    assert details_from(FakeBucket({INFO: '{"status": "COMPLETE"}'})) == NOTHING | {
        "files_found": True,
        "files_status": "COMPLETE",
    }


@pytest.mark.parametrize(
    "error",
    [
        client_error("AccessDenied", 403),
        client_error("SlowDown", 503),
        client_error("InternalError", 500),
        client_error("AnythingElse"),
        ReadTimeoutError(endpoint_url="https://any"),
    ],
    ids=["denied", "throttled", "failed", "unknown", "lost"],
)
@pytest.mark.parametrize("call", ["info", "list", "tables"])
def test_files_that_cannot_be_read_are_reported_as_not_there(error, call):
    bucket = FakeBucket({INFO: "{}", tables_key(1): "{}"})
    match call:
        case "info":
            bucket.objects[INFO] = error
        case "list":
            bucket.listing = error
        case "tables":
            bucket.objects[tables_key(1)] = error
    assert details_from(bucket) == NOTHING


@pytest.mark.parametrize("key", [INFO, tables_key(1)], ids=["info", "tables"])
def test_a_file_that_breaks_off_on_its_way_fails_nothing(key):
    broken = StreamingBody(BytesIO(b'{"status": "COMP'), 500)
    bucket = FakeBucket({INFO: "{}", tables_key(1): "{}"} | {key: broken})
    assert details_from(bucket) == NOTHING


MALFORMED = [
    "",
    "null",
    "5",
    "[]",
    '"COMPLETE"',
    '{"status": "COMP',
    '{"status": null, "perTableStatus": null}',
    '{"status": 5, "perTableStatus": 5}',
    '{"status": ["COMPLETE"], "perTableStatus": {"target": "a"}}',
    '{"perTableStatus": [null, 5, "a", [], {}]}',
    '{"perTableStatus": [{"target": null}, {"target": 5}, {"target": ""}, {"status": "FAILED"}]}',
    "[" * 100_000,
    "9" * 100_000,
]


@pytest.mark.parametrize("text", MALFORMED, ids=[text[:40] or "empty" for text in MALFORMED])
def test_a_malformed_file_says_nothing_and_fails_nothing(text):
    details = details_from(FakeBucket({INFO: text, tables_key(1): text}))
    assert details == NOTHING | {"files_found": True}
    as_written(details)


def test_bytes_that_are_no_text_fail_nothing():
    bucket = FakeBucket({INFO: b"\xff\xfe{", tables_key(1): b'{"perTableStatus": [\xff'})
    assert details_from(bucket) == NOTHING | {"files_found": True}


@pytest.mark.parametrize("size", ["null", '"5"', "[]", "NaN", "1e999", "-Infinity"])
def test_a_size_that_is_no_number_is_left_out_of_what_is_reported(size):
    details = result("{}", [f'{{"perTableStatus": [{{"target": "a", "sizeGB": {size}}}]}}'])
    (row,) = as_written(details)["table_results"]
    assert row.get("size_gb") is None


@pytest.mark.parametrize("field", ["status", "target"])
def test_half_a_character_in_a_file_fails_nothing(field):
    row = json.dumps(table("a") | {field: "a\ud800b"})
    as_written(result(row, [f'{{"perTableStatus": [{row}]}}']))


def test_a_table_whose_status_is_unknown_counts_as_not_complete():
    details = result(
        "{}", [tables({"target": "a"}, table("b", "complete"), {"target": "c", "status": 5})]
    )
    assert [row["status"] for row in details["table_results"]] == [None, "complete", None]
    assert (details["tables_counted"], details["tables_not_complete"]) == (3, 3)


def test_many_tables_are_counted_and_only_the_first_listed():
    rows = [table(f"shop.public.table_{number:05}") for number in range(3_000)]
    details = result("{}", [tables(*rows[:1_500]), tables(*rows[1_500:])])
    listed = details["table_results"]
    assert [row["table"] for row in listed] == [row["target"] for row in rows[: len(listed)]]
    assert len(listed) > 5
    assert json_bytes(listed) <= MAX_LISTED_BYTES
    assert details["tables_counted"] == 3_000


def test_reads_no_more_than_the_first_files():
    many = {tables_key(number): tables(table(f"t{number}")) for number in range(30)}
    bucket = FakeBucket({INFO: "{}"} | many)
    assert details_from(bucket)["tables_counted"] == MAX_TABLE_FILES
    assert len(bucket.read) == MAX_TABLE_FILES + 1


@pytest.mark.parametrize("name", ["n" * 2_000, "ü" * 600, '"' * 900])
def test_a_table_with_a_name_without_end_is_cut(name):
    details = result("{}", [tables(table(name), table("a"))])
    assert [(row["table"] or "")[:1] for row in details["table_results"]] == [name[:1], "a"]
    assert json_bytes(details["table_results"]) <= MAX_LISTED_BYTES
    assert details["tables_counted"] == 2


def test_a_status_without_end_is_cut():
    details = result(json.dumps({"status": "x" * 300_000}), ())
    assert json_bytes(details) <= 2 * MAX_LISTED_BYTES


TEXT = st.sampled_from(["perTableStatus", "target", "status", "sizeGB", "COMPLETE", "ü", '"', ""])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
ROWS = st.fixed_dictionaries({"perTableStatus": st.lists(JSON, max_size=4)})


@given(JSON | ROWS, st.lists(JSON | ROWS, max_size=2), st.integers(0, 30))
@examples(60, derandomize=True)
def test_whatever_the_files_hold_is_bounded_and_can_be_reported(info, tables, cut):
    texts = [json.dumps(one) for one in tables]
    details = as_written(result(json.dumps(info), [*texts, *(text[:cut] for text in texts)]))
    assert json_bytes(details["table_results"]) <= MAX_LISTED_BYTES
    assert len(details["table_results"]) <= details["tables_counted"]
    assert details["tables_not_complete"] <= details["tables_counted"]
