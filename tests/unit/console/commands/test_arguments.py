"""Arguments that are wrong are one line that says what was probably meant, and exit 2."""

from __future__ import annotations

import json

import pytest

from console import cli
from console.errors import StackNotFound
from tests.unit.console.commands.conftest import Run
from tests.unit.console.commands.fake_reading import FakeReading

WRONG = [
    ([], "which command? list, show, why, start, cancel, again, check, schema, page"),
    (["lst"], "'lst' is not a command"),
    (["lst"], "did you mean 'list'?"),
    (["fly"], "'fly' is not a command"),
    (["list", "--statsu", "RUNNING"], "list does not take '--statsu'; did you mean '--status'?"),
    (["list", "--status", "RUNING"], "did you mean RUNNING?"),
    (["list", "--limit", "0"], "'0' is not a whole number from 1"),
    (["list", "--since", "yesterday"], "'yesterday' is no age such as 30s, 90m, 2h or 7d"),
    (["list", "--output", "jsn"], "'jsn' is not one of table, json; did you mean json?"),
    (["--stakc", "x", "list"], "does not take '--stakc'; did you mean '--stack'?"),
    (["list", "extra"], "list does not take 'extra'"),
    (["show"], "REF"),
    (["why", "a", "--folow"], "why does not take '--folow'"),
    (["show", "a", "--folow"], "did you mean '--follow'?"),
    (["schema", "outcom"], "did you mean outcome?"),
    (["check"], "FILE"),
    (["check", "missing.json"], "missing.json: No such file or directory"),
    (["check", "missing.json", "--account", "12"], "'12' is not the 12 digits of an AWS account"),
    (["start"], "FILE | - | VERB"),
    (["start", "stpo", "winter-sale"], "'stpo' is not a verb"),
    (["start", "stpo", "winter-sale"], "did you mean 'stop'?"),
    (["start", "stpo"], "stpo: neither a file nor a verb; did you mean 'stop'?"),
    (["start", "stop"], "stop what? It takes CAMPAIGN..."),
    (["start", "export", "shop", "--api-version", "v1"], "--api-version is of campaigns"),
    (["start", "stop", "c-1", "--cluster"], "--cluster is for 'export' and 'snapshot'"),
    (["start", "mine.json", "--cluster"], "go with a verb"),
    (["page", "--port", "99999"], "'99999' is not a whole number from 1 to 65535"),
]


@pytest.mark.parametrize(("arguments", "complaint"), WRONG, ids=lambda value: " ".join(value)[:40])
def test_wrong_arguments_are_one_line_and_exit_2(run: Run, arguments, complaint):
    ran = run(*arguments)

    assert (ran.code, ran.out) == (2, "")
    [line] = ran.err.splitlines()
    assert line.startswith("orchestrator: ")
    assert complaint in line


@pytest.mark.parametrize("place", [0, 1, 3])
def test_common_options_stand_anywhere(run: Run, reading: FakeReading, place):
    arguments = ["show", "night-1", "--follow"]
    arguments[place:place] = ["--output", "json"]

    ran = run(*arguments)

    assert ran.code == 1
    assert json.loads(ran.err)["error"]["type"] == "RequestNotFound"
    assert ran.out == ""


def test_an_error_of_arguments_is_json_too(run: Run):
    ran = run("--output", "json", "lst")
    assert json.loads(ran.err)["error"]["type"] == "WrongArguments"


@pytest.mark.parametrize("arguments", [["--help"], *([name, "--help"] for name in cli._COMMANDS)])
def test_help_is_printed_on_standard_output(run: Run, arguments):
    ran = run(*arguments)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("usage: orchestrator")


def test_the_version_is_printed(run: Run):
    assert run("--version").out.startswith("connect-rds-orchestrator")


def test_an_error_from_aws_is_one_line_that_cannot_act_on_the_terminal(run: Run, monkeypatch):
    def fail(_options):
        raise StackNotFound("there is no \x1b[31mstack\u202e\n")

    monkeypatch.setattr("console.commands.connection.connect", fail)

    ran = run("list")

    assert ran.code == 1
    assert ran.err == "orchestrator: there is no \\x1b[31mstack\\u202e\\n\n"


def test_even_a_bug_is_one_line(run: Run, monkeypatch):
    def fail(_options):
        raise KeyError("what")

    monkeypatch.setattr("console.commands.connection.connect", fail)

    ran = run("list")

    assert ran.code == 1
    assert ran.err.startswith("orchestrator: this is a bug: KeyError: 'what' (test_arguments.py:")
    assert len(ran.err.splitlines()) == 1
