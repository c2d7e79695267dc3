"""The command line, on a terminal and in scripts."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from http.client import HTTPConnection
from io import BytesIO, TextIOWrapper
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest

from commandline.parser import FAILED, SUCCEEDED, WRONG_ARGUMENTS
from infra.project import ROOT
from lambdas.campaigns.transitions import Mutation
from localcloud import cli
from localcloud.cli import EXAMPLES, NO_WORLD, main
from localcloud.functions import host
from localcloud.functions.environment import REGION
from localcloud.patches.tasks import service_clients
from tests.processes import shared_processes
from tests.stacks import in_world
from tests.workflow.terminal import Terminal

WORLDS = EXAMPLES / "worlds"
OF_THE_TUTORIAL = {"dry-run", "maintenance-window"}
"""Run by tests of that page."""
REQUESTS = sorted(path for path in EXAMPLES.glob("*.json") if path.stem not in OF_THE_TUTORIAL)


@pytest.fixture(autouse=True)
def _processes_are_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that run in this process take the processes of all tests, and do not close them."""
    shared = shared_processes()
    kept = SimpleNamespace(fork=shared.fork, directory=shared.directory, close=lambda: None)
    monkeypatch.setattr(host, "FunctionProcesses", lambda: kept)


@pytest.fixture
def _stack_is_shared(monkeypatch: pytest.MonkeyPatch, assembly: Path) -> None:
    """Commands use the stack of all tests, and deploy none."""
    monkeypatch.setattr(cli, "LocalOrchestrator", lambda world, **_: in_world(assembly, world))


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, Any, str]:
    code = main(["run", *map(str, arguments)])
    printed = capsys.readouterr()
    return code, json.loads(printed.out), printed.err


@pytest.mark.usefixtures("_stack_is_shared")
@pytest.mark.parametrize("request_file", REQUESTS, ids=lambda path: path.stem)
def test_every_example_ends_well_with_and_without_throttling(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, request_file: Path
) -> None:
    report_file = tmp_path / "report.json"

    code, plain, progress = run(capsys, request_file)
    throttled_code, throttled, _ = run(
        capsys,
        request_file,
        *("--world", WORLDS / "throttled.json", "--report", report_file),
    )

    assert (code, throttled_code) == (SUCCEEDED, SUCCEEDED)
    assert "SUCCEEDED" in progress
    # The worlds hold other campaigns for a selection.
    names = '"select"' not in request_file.read_text()
    ends = [
        {(job["id"] if names else "", job["phase"], job["final_state"]) for job in jobs}
        for jobs in (plain["resources"], throttled["resources"])
    ]
    assert ends[0] == ends[1]
    report = json.loads(report_file.read_text())
    throttles = report["throttled"]
    remembered = {*Mutation, "StartExportTask", "CancelExportTask"}
    raised = {name: count for name, count in throttles.items() if name not in remembered}
    assert sum(raised.values()) == sum(report["retries"].values())
    assert sum(report["calls"].values()) > sum(throttles.values())


def test_the_readme_shows_what_its_first_request_prints(
    capsys: pytest.CaptureFixture[str],
) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    _, outcome, progress = run(capsys, EXAMPLES / "pause-export-restore.json")

    assert progress in readme
    shown = [json.loads(code) for code in re.findall(r"^```json\n(.*?)^```", readme, re.M | re.S)]
    assert outcome["resources"][-1] in shown


@pytest.mark.usefixtures("_stack_is_shared")
def test_several_requests_print_an_array_in_their_order(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text('{"kind": "campaigns", "campaign_ids": ["a"], "target": "PAUSED"}')
    bad.write_text('{"kind": "campaigns", "campaign_ids": ["a b"], "target": "PAUSED"}')

    code, outcomes, _ = run(capsys, bad, good)

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
        (["run", "{near_miss}"], "; did you mean '{request}'?"),
        (["run", "{request}", "--request", "x"], "run does not take '--request'"),
        (["run", "-", "-"], "standard input is read once"),
        (["run", "-", "--world", "-"], "standard input is read once"),
        (["run", "{request}", "--wrold=x"], "run does not take '--wrold'; did you mean '--world'?"),
        (["up", "{request}"], "up does not take '{request}'"),
        (["run"], "REQUEST.json"),
        (["fly"], "'fly' is not a command: run, up or storm"),
        (["rum", "{request}"], "; did you mean 'run'?"),
        (["mine.json"], "; did you mean 'run mine.json'?"),
        ([], "run | up | storm"),
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
    request = str(REQUESTS[0])
    paths = {"request": request, "near_miss": request.replace("cancel", "cancle")}
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
    assert complaint.format(**paths) in printed.err


@pytest.mark.usefixtures("_stack_is_shared")
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has this device")
def test_a_report_that_cannot_be_written_leaves_the_outcome(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, outcome, progress = run(capsys, EXAMPLES / "cancel-export.json", "--report", "/dev/full")

    assert code == FAILED
    assert outcome["phase"] == "COMPLETE"
    assert progress.splitlines()[-1] == "localcloud: /dev/full: No space left on device"


@pytest.fixture
def fleet(tmp_path: Path) -> tuple[Path, Path]:
    """A request for 60 campaigns, one of which does not exist in its world, and that world."""
    ids = [f"campaign-{number}" for number in range(60)]
    request, world = tmp_path / "request.json", tmp_path / "world.json"
    job = {"kind": "campaigns", "campaign_ids": [*ids[1:], "typo"], "target": "PAUSED"}
    request.write_text(json.dumps(job))
    paused = [{"id": name, "state": "Paused"} for name in ids]
    world.write_text(json.dumps({"campaigns": [*paused, {"id": "never-used"}]}))
    return request, world


@pytest.mark.usefixtures("_stack_is_shared")
def test_in_a_pipe_each_change_is_one_line(
    capsys: pytest.CaptureFixture[str], fleet: tuple[Path, Path]
) -> None:
    request, world = fleet

    code, outcome, progress = run(capsys, request, "--world", world)

    lines = progress.splitlines()
    assert code == FAILED
    assert lines[-1] == f"FAILED: {outcome['summary']}"
    changes = [line.split("] ")[1] for line in lines if line.startswith("[")]
    assert len(changes) == len(set(changes))
    (bad,) = [change for change in changes if "FAILED" in change]
    assert bad.startswith("typo: FAILED: CampaignNotFound: ")


def test_on_a_terminal_failures_stay_in_view(tmp_path: Path, fleet: tuple[Path, Path]) -> None:
    request, world = fleet
    terminal = Terminal(tmp_path, "run", request, "--world", world, size=(24, 80))

    assert terminal.exit_code() == FAILED
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.shown)
    last_table = text[text.rindex("simulated s") :].splitlines()
    assert last_table[0] == "simulated s: 1 FAILED, 59 COMPLETE"
    assert last_table[2].split(maxsplit=3)[:3] == ["FAILED", "typo", "PAUSED"]
    assert last_table[3].rstrip() == "and 59 more resources: 59 COMPLETE"
    assert "Deploying the stack" in text
    assert "\x1b[1;31mFAILED" in terminal.shown


@pytest.mark.usefixtures("_stack_is_shared")
def test_a_request_may_come_from_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    request = (EXAMPLES / "cancel-export.json").read_bytes()
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(request)))

    code, outcome, progress = run(capsys, "-")

    assert (code, outcome["phase"]) == (SUCCEEDED, "COMPLETE")
    assert progress.splitlines()[0] == NO_WORLD


def test_the_version_is_the_project_s(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exited:
        main(["--version"])

    assert exited.value.code == SUCCEEDED
    assert capsys.readouterr().out == "connect-rds-orchestrator 0.2.0\n"


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

    (address,) = re.findall(r"^The page: (\S+)$", text, re.M)

    assert _of_page(address, "stack")["has_controls"] is True
    assert _of_page(address, "local")["speed"] == 500
    _aws(environment, "events", "put-events", "--entries", put_events)
    _aws(
        environment,
        *("stepfunctions", "start-execution", "--state-machine-arn", machine),
        *("--input", f"file://{EXAMPLES / 'cancel-export.json'}"),
    )
    session = service_clients.isolated_session()
    states = service_clients.local_client(
        session, "stepfunctions", exports["AWS_ENDPOINT_URL"], REGION
    )
    for _ in range(600):
        listed = states.list_executions(stateMachineArn=machine)["executions"]
        statuses = [execution["status"] for execution in listed]
        if statuses == ["SUCCEEDED", "SUCCEEDED"]:
            break
        time.sleep(0.1)
    up.send_signal(signal.SIGINT)

    assert statuses == ["SUCCEEDED", "SUCCEEDED"]
    assert up.wait(60) == SUCCEEDED
    assert up.stderr is not None
    assert up.stderr.read().splitlines()[-1] == "localcloud: stopped"
    with pytest.raises(ProcessLookupError):
        os.killpg(up.pid, 0)
    with pytest.raises(ConnectionRefusedError):
        _of_page(address, "stack")


def _of_page(address: str, name: str) -> Any:
    url = urlsplit(address)
    page = HTTPConnection(url.netloc, timeout=10)
    token = url.query.removeprefix("token=")
    page.request("GET", f"/api/{name}", headers={"authorization": f"Bearer {token}"})
    return json.load(page.getresponse())


def _aws(environment: dict[str, str], *arguments: str) -> Any:
    done = subprocess.run(
        [Path(sys.executable).with_name("aws"), *arguments, "--output", "json"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)
