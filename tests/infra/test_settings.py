"""Settings that break a rule are refused by name; those that do not change only what they say."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App
from aws_cdk.aws_logs import RetentionDays

from infra.app import main
from infra.project import CONTEXT_KEY, ROOT
from infra.settings import LOG_RETENTIONS, Settings, SettingsError, read_context
from tests.infra.stack_parts import Template

UNSTAGED: dict[str, Any] = {"aws:cdk:disable-asset-staging": True}


def test_has_a_default_for_everything() -> None:
    assert Settings.from_context(None) == Settings.from_context({})
    assert Settings.from_context({}).model_dump() == {
        "stack_name": "Orchestrator",
        "export_prefix": "exports",
        "snapshot_exports": (),
        "campaign_rates": {
            "mutations": {"per_second": 1.0, "burst": 2},
            "reads": {"per_second": 5.0, "burst": 10},
            "descriptions": {"per_second": 25.0, "burst": 35},
        },
        "campaign_events": False,
        "log_retention": "ONE_MONTH",
        "export_bucket_name": None,
        "export_role_arn": None,
        "export_key_arn": None,
        "export_pointers": False,
        "noncurrent_version_days": 30,
        "campaign_instance_ids": (),
        "alarm_email": None,
        "notices": None,
    }


def test_cdk_json_shows_the_defaults() -> None:
    assert read_context()[CONTEXT_KEY] == Settings().model_dump(mode="json")


def test_the_retentions_are_those_of_the_cdk() -> None:
    assert tuple(RetentionDays.__members__) == LOG_RETENTIONS


def test_what_is_switched_off_stays_off_on_its_way_through_the_context() -> None:
    """CDK drops a null from its context, so that it would mean the default."""
    app = App(context={CONTEXT_KEY: {"campaign_rates": False}})
    settings = Settings.from_context(app.node.try_get_context(CONTEXT_KEY))
    assert settings.campaign_rates is False


def assert_plain(message: str) -> None:
    """Check that an error shows neither a regular expression nor pydantic's own words."""
    said = re.sub(r'"[^"]*"', "", message)
    assert not re.search(r"[\\^$]|\[\^|Input|should|valid |pattern|pydantic|literal", said), message


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("campaign_rates", True),
        ("campaign_rates", "fast"),
        ("campaign_rates", []),
        ("campaign_rates.mutations", {"mutations": 1}),
        ("stack_name", ""),
        ("stack_name", "1st"),
        ("stack_name", "under_score"),
        ("stack_name", "a" * 42),
        ("export_prefix", "/exports"),
        ("export_prefix", "exports/"),
        ("export_prefix", "ex:ports"),
        ("export_prefix", "ex ports"),
        ("polls_per_child", 150),
        ("snapshot_exports", "shop-"),
        ("campaign_events", "yes"),
        ("export_bucket_name", "Company_Exports"),
        ("export_role_arn", "rds-export"),
        ("export_role_arn", "arn:aws:iam::123456789012:user/rds-export"),
        ("export_key_arn", "arn:aws:kms:us-east-1:123456789012:alias/exports"),
        ("noncurrent_version_days", 0),
        ("noncurrent_version_days", "many"),
        ("noncurrent_version_days", None),
        ("campaign_instance_ids", "instance-1"),
        ("campaign_instance_ids[0]", ["*"]),
        ("alarm_email", "operators"),
        ("notices", "failed"),
        ("log_retention", "one month"),
        ("log_retention", 30),
        ("log_retention", "SOME_TIME"),
        ("stackname", "Orchestrator"),
    ],
)
def test_refuses_a_bad_value_by_its_name(key: str, value: object) -> None:
    with pytest.raises(SettingsError, match=rf"^orchestrator\.{re.escape(key)}: ") as raised:
        Settings.from_context({re.split(r"[.[]", key)[0]: value})
    assert_plain(str(raised.value))


@pytest.mark.parametrize(
    ("export", "field"),
    [
        ({}, "source_prefix"),
        ({"source_prefix": ""}, "source_prefix"),
        ({"source_prefix": "rds:shop-"}, "source_prefix"),
        ({"source_prefix": "1-shop"}, "source_prefix"),
        ({"source_prefix": "shop_"}, "source_prefix"),
        ({"source_prefix": "s" * 64}, "source_prefix"),
        ({"source_prefix": "shop-", "export_only": "shop.orders"}, "export_only"),
        ({"source_prefix": "shop-", "export_only": ["a.b.c.d"]}, "export_only[0]"),
        ({"source_prefix": "shop-", "export_only": ["white space"]}, "export_only[0]"),
        ({"source_prefix": "shop-", "s3_prefix": "nightly"}, "s3_prefix"),
    ],
)
def test_refuses_a_bad_snapshot_export_by_its_place(export: object, field: str) -> None:
    good = {"source_prefix": "orders"}
    with pytest.raises(SettingsError) as raised:
        Settings.from_context({"snapshot_exports": [good, export]})
    assert str(raised.value).startswith(f"orchestrator.snapshot_exports[1].{field}: ")
    assert_plain(str(raised.value))


@pytest.mark.parametrize(
    ("block", "message"),
    [
        (
            {"stakc_name": "A"},
            "stakc_name: is an unknown field; did you mean stack_name?",
        ),
        (
            {"snapshot_exports": [{"source_prefix": "a", "export": []}]},
            "snapshot_exports[0].export: is an unknown field; did you mean export_only?",
        ),
        (
            {"campaign_rates": {"reads": {"per_second": 0, "burst": 1}}},
            "campaign_rates.reads.per_second: must be more than 0; got 0",
        ),
        (
            {"campaign_rates": {"reads": {"persecond": 5, "per_second": 5, "burst": 1}}},
            "campaign_rates.reads.persecond: is an unknown field; did you mean per_second?",
        ),
    ],
)
def test_says_what_was_probably_meant(block: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError) as raised:
        Settings.from_context(block)
    assert str(raised.value) == f"orchestrator.{message}"


def test_a_misspelled_retention_is_suggested() -> None:
    with pytest.raises(SettingsError, match=r'; got "ONE_MONHT"; did you mean ONE_MONTH\?$'):
        Settings.from_context({"log_retention": "ONE_MONHT"})


@pytest.mark.parametrize("name", ["orchestartor", "Orchestrator", "orchestrators", "orchestrato"])
def test_a_misspelled_block_is_no_block_of_defaults(name: str) -> None:
    message = rf"^{name}: is an unknown block of context; did you mean orchestrator\?$"
    with pytest.raises(SettingsError, match=message):
        Settings.from_contexts({"@aws-cdk/core:target-partitions": ["aws"], name: {}})
    with pytest.raises(SettingsError, match=message):
        Settings.from_contexts({}, {name: '{"stack_name": "Second"}'})


@pytest.mark.parametrize(
    "given", [{"stack_name": "Second"}, '{"stack_name": "Second"}'], ids=["object", "text"]
)
def test_settings_of_the_command_line_go_over_those_of_cdk_json_one_by_one(given: object) -> None:
    own = {"stack_name": "First", "campaign_events": True}
    settings = Settings.from_contexts({CONTEXT_KEY: own}, {CONTEXT_KEY: given})
    assert (settings.stack_name, settings.campaign_events) == ("Second", True)


@pytest.mark.parametrize("block", ["", "[]", "5", [], 5, False])
def test_a_block_that_is_no_object_is_refused(block: object) -> None:
    with pytest.raises(SettingsError, match=r"^orchestrator: (must be|is not) "):
        Settings.from_contexts({CONTEXT_KEY: block})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '{"context": {\n  "a": 1,\n}}',
            "cdk.json: is not JSON: line 2: there is a comma before the closing }",
        ),
        (
            '{"context": {"a": [1,\n\n]}}',
            "cdk.json: is not JSON: line 1: there is a comma before the closing ]",
        ),
        ("{", "cdk.json: is not JSON: line 1, column 2: "),
        ("[]", "cdk.json: context must be a JSON object; got null"),
        ('{"context": []}', "cdk.json: context must be a JSON object; got a list"),
    ],
)
def test_says_in_one_line_what_is_wrong_with_cdk_json(
    tmp_path: Path, text: str, message: str
) -> None:
    cdk_json = tmp_path / "cdk.json"
    cdk_json.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as raised:
        read_context(cdk_json)
    assert str(raised.value).startswith(message)
    assert len(str(raised.value).splitlines()) == 1
    with pytest.raises(SystemExit, match=rf"^app\.py: {re.escape(message)}"):
        main(cdk_json)


def test_names_every_fault_at_once() -> None:
    with pytest.raises(SettingsError) as raised:
        Settings.from_context({"noncurrent_version_days": 0, "stack_name": ""})
    assert str(raised.value).count("orchestrator.") == 2


def test_takes_the_text_that_the_cdk_command_passes() -> None:
    settings = Settings.from_context('{"noncurrent_version_days": 50}')
    assert settings.noncurrent_version_days == 50


def test_refuses_text_that_is_no_json() -> None:
    with pytest.raises(SettingsError, match=r"^orchestrator: "):
        Settings.from_context("Orchestrator")


@pytest.mark.parametrize("value", ["", "e", "exports", "exports/daily"])
def test_takes_a_prefix_of_any_depth(value: str) -> None:
    assert Settings.from_context({"export_prefix": value}).export_prefix == value


def test_no_physical_name_is_a_constant(template: Template) -> None:
    constant = [n for n in _physical_names(template) if not n[1].startswith("Orchestrator")]
    assert constant == []


def _physical_names(template: Template) -> Iterator[tuple[str, str]]:
    """Yield every literal name of a resource; an inline policy's is its role's own concern."""
    for resource in template["Resources"].values():
        for key, value in resource.get("Properties", {}).items():
            if key.endswith("Name") and key not in _NOT_PHYSICAL and isinstance(value, str):
                yield resource["Type"], value


_NOT_PHYSICAL = {"PolicyName", "MetricName"}


@pytest.mark.parametrize(
    ("context", "message"),
    [
        (
            {"orchestrator": {"noncurrent_version_days": 0}},
            "orchestrator.noncurrent_version_days: must be at least 1; got 0",
        ),
        (
            {"orchestartor": {"stack_name": "Second"}},
            "orchestartor: is an unknown block of context; did you mean orchestrator?",
        ),
    ],
)
def test_app_ends_with_one_line_for_wrong_settings(
    tmp_path: Path, context: dict[str, Any], message: str
) -> None:
    cdk_json = tmp_path / "cdk.json"
    cdk_json.write_text(json.dumps({"context": context}), encoding="utf-8")
    with pytest.raises(SystemExit, match=f"^{re.escape(f'app.py: {message}')}$"):
        main(cdk_json)


@pytest.fixture(scope="module")
def synthesised(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """Run app.py, knowing nothing of any AWS account, and return it with its template."""
    out = tmp_path_factory.mktemp("cdk.out")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "CDK_OUTDIR": str(out),
        "CDK_CONTEXT_JSON": json.dumps(UNSTAGED),
    }
    run = subprocess.run(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    template = (out / "Orchestrator.template.json").read_text(encoding="utf-8")
    return subprocess.CompletedProcess(run.args, run.returncode, template, run.stderr)


def test_app_needs_no_account_no_region_and_no_credentials(
    synthesised: subprocess.CompletedProcess[str],
) -> None:
    assert (synthesised.returncode, synthesised.stderr) == (0, "")


def test_app_synthesises_the_same_with_and_without_the_cdk_command(
    synthesised: subprocess.CompletedProcess[str], template: Template
) -> None:
    assert json.loads(synthesised.stdout) == template
