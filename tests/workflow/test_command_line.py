"""The command line as a person, or a script, uses it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from lambdas.campaigns.transitions import Mutation
from localcloud.cli import EXAMPLES, FAILED, SUCCEEDED, WRONG_ARGUMENTS, main

WORLDS = EXAMPLES / "worlds"
REQUESTS = sorted(EXAMPLES.glob("*.json"))


@pytest.fixture(autouse=True)
def _synthesised_once(monkeypatch: pytest.MonkeyPatch, assembly: Path) -> None:
    monkeypatch.setattr("localcloud.orchestrator.synthesise", lambda: assembly)


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, Any, str]:
    code = main(["run", *map(str, arguments)])
    printed = capsys.readouterr()
    return code, json.loads(printed.out), printed.err


@pytest.mark.parametrize("request_file", REQUESTS, ids=lambda path: path.stem)
def test_every_example_ends_well_with_and_without_throttling(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, request_file: Path
) -> None:
    report_file = tmp_path / "report.json"

    code, plain, told = run(capsys, request_file, "--speed", 1000)
    throttled_code, throttled, _ = run(
        capsys,
        request_file,
        *("--speed", 1000, "--world", WORLDS / "throttled.json", "--report", report_file),
    )

    assert (code, throttled_code) == (SUCCEEDED, SUCCEEDED)
    assert "SUCCEEDED" in told
    ends = [[(job["id"], job["phase"], job["final_state"]) for job in outcome["resources"]]
            for outcome in (plain, throttled)]  # fmt: skip
    assert sorted(ends[0]) == sorted(ends[1])
    report = json.loads(report_file.read_text())
    throttles = report["throttled"]
    remembered = {*Mutation, "StartExportTask", "CancelExportTask"}
    raised = {name: count for name, count in throttles.items() if name not in remembered}
    assert sum(raised.values()) == sum(report["retries"].values())
    assert sum(report["calls"].values()) > sum(throttles.values())


def test_several_requests_print_an_array_in_their_order(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text('{"kind": "campaigns", "campaign_ids": ["a"], "target": "PAUSED"}')
    bad.write_text('{"kind": "campaigns", "campaign_ids": ["a b"], "target": "PAUSED"}')

    code, outcomes, _ = run(capsys, bad, good, "--speed", 1000)

    assert code == FAILED
    assert [outcome["phase"] for outcome in outcomes] == ["FAILED", "COMPLETE"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["run", "missing.json"], "missing.json: No such file"),
        (["run", "{no_json}"], "is not JSON"),
        (["run", "{request}", "--world", "missing.json"], "missing.json: No such file"),
        (["run", "{request}", "--world", "{bad_world}"], "campaigns[0]: state 'Asleep'"),
        (["run", "{request}", "--speed", "0"], "'0' is not a number above 0"),
        (["run", "{not_finite}"], "not_finite: is not JSON: NaN is not a JSON number"),
        (["run", "{deep}"], "deep: is nested deeper than 100 levels"),
        (["run", "{request}", "--world", "{deep}"], "deep: is nested deeper than 100 levels"),
        (
            ["run", "{request}", "--report", "nowhere/report.json"],
            "nowhere/report.json: No such file or directory",
        ),
        (["run", "{request}", "--report", "."], ".: Is a directory"),
        (["run"], "REQUEST.json"),
        (["fly"], "fly"),
    ],
)
def test_wrong_arguments_are_one_line_and_exit_2(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: list[str], complaint: str
) -> None:
    files = {
        "no_json": "{",
        "not_finite": '{"deadline_seconds": NaN}',
        "deep": "[" * 100_000 + "]" * 100_000,
        "bad_world": '{"campaigns": [{"id": "a", "state": "Asleep"}]}',
    }
    paths = {"request": str(REQUESTS[0])}
    for name, text in files.items():
        path = tmp_path / name
        path.write_text(text)
        paths[name] = str(path)

    code: object
    try:
        code = main([argument.format(**paths) for argument in arguments])
    except SystemExit as exit_:
        code = exit_.code

    printed = capsys.readouterr()
    assert code == WRONG_ARGUMENTS
    assert printed.out == ""
    assert len(printed.err.strip().splitlines()) == 1
    assert complaint in printed.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has this device")
def test_a_report_that_cannot_be_written_leaves_the_outcome(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, outcome, told = run(
        capsys, EXAMPLES / "cancel-export.json", "--speed", 1000, "--report", "/dev/full"
    )

    assert code == FAILED
    assert outcome["phase"] == "COMPLETE"
    assert told.splitlines()[-1] == "localcloud: /dev/full: No space left on device"


def test_what_a_message_says_is_neither_markup_nor_an_emoji(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    arn = "arn:aws:rds:us-east-1:123456789012:snapshot:shop"
    cause = ":a: [red] is the cause"
    files = {
        "request": {"kind": "export", "source_arn": arn, "target": "COMPLETE"},
        "world": {"snapshots": [{"arn": arn, "outcome": "FAILED", "failure_cause": cause}]},
    }
    for name, content in files.items():
        (tmp_path / name).write_text(json.dumps(content))
    monkeypatch.setenv("TTY_COMPATIBLE", "1")  # rich takes standard error for a terminal
    monkeypatch.setenv("COLUMNS", "1000")

    code, outcome, told = run(
        capsys, tmp_path / "request", "--world", tmp_path / "world", "--speed", 2000
    )

    assert code == FAILED
    *table, last = told.splitlines()
    assert last.endswith(f"FAILED: {outcome['summary']}")
    assert cause in last
    assert any(cause in line for line in table)


def test_up_serves_the_aws_cli_and_leaves_nothing_behind() -> None:
    up = subprocess.Popen(
        [sys.executable, "-m", "localcloud", "up", "--speed", "500"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert up.stdout is not None
    lines: list[str] = []
    while "list-executions" not in (lines[-1] if lines else ""):
        lines.append(up.stdout.readline())
    text = "".join(lines)
    exports = dict(
        line.split("export ", 1)[1].strip().split("=", 1)
        for line in lines
        if line.startswith("  export ")
    )
    machine = text.split("StateMachineArn = ")[1].split()[0]
    put_events = text.split("put-events --entries '")[1].split("'")[0]
    environment = {**os.environ, **exports}

    _aws(environment, "events", "put-events", "--entries", put_events)
    _aws(
        environment,
        *("stepfunctions", "start-execution", "--state-machine-arn", machine),
        *("--input", f"file://{EXAMPLES / 'cancel-export.json'}"),
    )
    for _ in range(100):
        statuses = _aws(
            environment,
            *("stepfunctions", "list-executions", "--state-machine-arn", machine),
            *("--query", "executions[].status"),
        )
        if statuses == ["SUCCEEDED", "SUCCEEDED"]:
            break
        time.sleep(0.1)
    up.send_signal(signal.SIGINT)

    assert statuses == ["SUCCEEDED", "SUCCEEDED"]
    assert up.wait(10) == SUCCEEDED
    assert up.stderr is not None
    assert up.stderr.read().splitlines()[1:] == ["localcloud: stopped"]
    with pytest.raises(ProcessLookupError):
        os.killpg(up.pid, 0)


def _aws(environment: dict[str, str], *arguments: str) -> Any:
    done = subprocess.run(
        [Path(sys.executable).with_name("aws"), *arguments, "--output", "json"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)
