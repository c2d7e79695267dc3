"""`check` names what is wrong with a request by its field, offline and at once."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from console.check import UNKNOWN, Context, checked
from console.cli import main
from lambdas.requests.acceptance import RequestRejected, parse
from lambdas.requests.events import input_of_event
from tests.unit.builders import ACCOUNT, EXECUTION, REGION, SNAPSHOT, any_campaign_job
from tests.unit.builders import any_export_job as export
from tests.unit.console.commands.wrong_requests import ELSEWHERE, WRONG, Wrong

ROOT = Path(__file__).parents[4]
HOME = Context(ACCOUNT, REGION)
MAX_SECONDS = 2.0


@pytest.fixture(autouse=True)
def _no_region(monkeypatch):
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)


def check(request, context=UNKNOWN):
    return list(checked(request, context).faults)


def run(path, *options):
    return main(["check", str(path), "--account", ACCOUNT, "--region", REGION, *options])


def written(tmp_path, request):
    path = tmp_path / "request.json"
    path.write_text(json.dumps(request))
    return path


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: f"{wrong.field} {wrong.rule}"[:50])
def test_a_wrong_request_is_named_by_its_field(capsys, tmp_path, wrong: Wrong):
    assert run(written(tmp_path, wrong.request)) == 2

    printed = capsys.readouterr()
    named = [line for line in printed.out.splitlines() if line.startswith(f"{wrong.field} ")]
    assert named, printed.out
    assert wrong.rule in named[0]
    assert printed.err == ""


def test_there_are_forty_kinds_of_wrong_requests_and_all_take_less_than_two_seconds():
    assert len({(wrong.field, wrong.rule) for wrong in WRONG}) >= 40
    began = time.process_time()
    for wrong in WRONG:
        assert check(wrong.request, HOME)
    assert time.process_time() - began < MAX_SECONDS


def test_json_holds_every_fault(capsys, tmp_path):
    wrong = {"jobs": [any_campaign_job(target="STOPED", deadline_seconds=1)]}

    assert run(written(tmp_path, wrong), "--output", "json") == 2

    answer = json.loads(capsys.readouterr().out)
    assert answer["valid"] is False
    assert {fault["field"] for fault in answer["faults"]} == {
        "jobs[0].target",
        "jobs[0].deadline_seconds",
    }


def test_a_valid_request_is_said_in_words(capsys):
    assert run(ROOT / "examples" / "pause-export-restore.json") == 0

    assert capsys.readouterr().out.splitlines() == [
        "valid: 3 stages, 3 jobs",
        "  stage 1: pause winter-sale (job pause)",
        "  stage 2: export snapshot:shop-nightly: shop.orders, shop.customers",
        "  stage 3 (always): restore the campaigns of job pause",
    ]


@pytest.mark.parametrize(
    "example", sorted((ROOT / "examples").glob("*.json")), ids=lambda p: p.stem
)
def test_every_example_is_valid(example):
    assert main(["check", str(example)]) == 0


@pytest.mark.parametrize(
    ("request_", "stages"),
    [
        (any_campaign_job(campaign_ids=[f"c-{n}" for n in range(5)]),
         "pause 5 campaigns: c-0, c-1, c-2 and 2 more"),
        ({"kind": "campaigns", "target": "STOPPED",
          "select": {"states": ["Running", "Paused"], "tags": {"team": "sales"}, "at_most": 9}},
         "stop the campaigns with state Running or Paused, tags team=sales; at most 9"),
        (export(target="CANCELED"), "cancel the export of snapshot:orders"),
        ({"kind": "export", "target": "COMPLETE", "source": {"db_cluster": "shop"}},
         "export the newest snapshot of DB cluster shop"),
        ({"kind": "snapshot", "target": "AVAILABLE", "db_instance": "shop", "id": "new"},
         "create a snapshot of DB instance shop (job new)"),
    ],
)  # fmt: skip
def test_a_job_is_said_in_words(request_, stages):
    [stage] = checked(request_).stages
    assert stage.jobs == (stages,)


def test_what_cannot_be_known_offline_is_said(capsys, tmp_path):
    path = written(tmp_path, export())

    assert main(["check", str(path)]) == 0
    assert "not checked: whether the ARNs are in the stack's account and Region" in (
        capsys.readouterr().out
    )
    assert main(["check", str(path), "--region", REGION]) == 0
    assert "not checked: whether the ARNs are in the stack's account\n" in capsys.readouterr().out
    assert run(path) == 0
    assert "not checked" not in capsys.readouterr().out


def test_the_region_may_be_in_the_environment(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_REGION", "eu-west-1")

    assert main(["check", str(written(tmp_path, export()))]) == 2
    assert "this stack works in Region eu-west-1" in capsys.readouterr().out


def test_without_a_stack_arns_are_compared_with_each_other():
    [fault] = check({"jobs": [export(), export(source_arn=ELSEWHERE)]})
    assert fault.field == "jobs[1].source_arn"
    assert "and jobs[0].source_arn in account 123456789012, Region us-east-1" in fault.rule


def test_arns_in_texts_are_not_compared():
    assert check(export(description=f"not {ELSEWHERE}", export_id=ELSEWHERE)) == []


def test_a_clean_up_is_checked_like_a_request():
    asked = {"clean_up": {"execution_arn": EXECUTION}}
    machine = EXECUTION.replace(":execution:", ":stateMachine:").rpartition(":")[0]

    assert check(asked) == []
    assert check(asked, HOME) == []
    assert check(asked, Context(ACCOUNT, REGION, machine)) == []
    [another] = check(asked, Context(ACCOUNT, REGION, f"{machine}2"))
    assert "must be an execution ARN: " in another.rule
    [elsewhere] = check(asked, Context(ACCOUNT, "eu-west-1"))
    assert "this stack in account 123456789012, Region eu-west-1" in elsewhere.rule


def test_an_event_of_a_new_snapshot_depends_on_the_stack():
    event = {
        "source": "aws.rds",
        "detail": {
            "EventID": "RDS-EVENT-0042",
            "SourceArn": SNAPSHOT,
            "SourceIdentifier": "orders",
        },
    }
    found = checked(event)
    assert found.faults == ()
    assert "snapshot_exports" in found.not_checked[0]


def test_it_says_what_the_functions_would(tmp_path):
    """The faults are AcceptRequest's own, in its order."""
    for wrong in WRONG:
        if wrong.field.startswith("clean_up"):
            continue
        with pytest.raises(RequestRejected) as rejected:
            parse(input_of_event(wrong.request, ()), region=REGION, account=ACCOUNT)
        assert tuple(check(wrong.request, HOME)) == rejected.value.faults


@pytest.mark.parametrize("wrong", [WRONG[0], WRONG[11], WRONG[-1]], ids=lambda w: w.field)
def test_a_process_takes_less_than_two_seconds(tmp_path, wrong):
    path = written(tmp_path, wrong.request)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)

    done = subprocess.run(
        [sys.executable, "-m", "console", "check", str(path)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 2
    assert done.stdout.startswith(wrong.field)
    assert done.stderr == ""
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < MAX_SECONDS


def test_no_socket_is_opened_and_no_client_loaded(tmp_path):
    path = written(tmp_path, export())
    script = f"""
import sys
opened = []
sys.addaudithook(lambda event, _: event.startswith("socket") and opened.append(event))
from console.cli import main
code = main(["check", {str(path)!r}])
print(code, opened, [name for name in ("boto3", "botocore") if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "0 [] []"
