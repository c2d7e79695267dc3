"""Calls of the AWS clients, and the errors that a service sends."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import botocore.session

from lambdas.campaigns.client import Campaigns
from lambdas.campaigns.contract import ApiVersion
from lambdas.campaigns.tagging import Tagging
from lambdas.campaigns.transitions import Mutation
from lambdas.exports.client import Exports
from lambdas.exports.decisions import Destination

REGION = "us-east-1"
SNAPSHOT = f"arn:aws:rds:{REGION}:123456789012:snapshot:orders"
ROLE = "arn:aws:iam::123456789012:role/export"
KEY = f"arn:aws:kms:{REGION}:123456789012:key/any"
TAGGING = "resourcegroupstaggingapi"
SERVICES = {ApiVersion.V1: "connectcampaigns", ApiVersion.V2: "connectcampaignsv2"}


def any_exports(prefix: str = "exports") -> Exports:
    return Exports(Destination("stack-bucket", prefix), role_arn=ROLE, key_arn=KEY)


def _mutate(version: ApiVersion, mutation: Mutation) -> None:
    Campaigns(version).apply(mutation, "c-1")


def _list(version: ApiVersion) -> object:
    return Campaigns(version).page(None, "")


def _describe(version: ApiVersion) -> object:
    return Campaigns(version).tags("c-1")


def _read(version: ApiVersion) -> object:
    return Campaigns(version).states(["c-1"])


CALLS: dict[tuple[str, str], Callable[[], object]] = {
    **{
        (service, str(mutation)): partial(_mutate, version, mutation)
        for version, service in SERVICES.items()
        for mutation in Mutation
    },
    **{
        (service, "GetCampaignStateBatch"): partial(_read, version)
        for version, service in SERVICES.items()
    },
    **{
        (service, operation): partial(call, version)
        for version, service in SERVICES.items()
        for operation, call in {"ListCampaigns": _list, "DescribeCampaign": _describe}.items()
    },
    (TAGGING, "GetResources"): lambda: Tagging().tagged_page({}, ""),
    ("rds", "StartExportTask"): lambda: any_exports().start("any-task", SNAPSHOT, ()),
    ("rds", "CancelExportTask"): lambda: any_exports().cancel("any-task"),
    ("rds", "DescribeExportTasks"): lambda: any_exports().of_source(SNAPSHOT),
}
"""Every operation that the product calls, by the call that the product makes."""


def json_error(code: str, status: int, **members: str) -> tuple[int, dict[str, str], str]:
    headers = {"content-type": "application/json", "x-amzn-errortype": code}
    return status, headers, json.dumps({"__type": code, "message": "any message"} | members)


def xml_error(code: str, status: int) -> tuple[int, dict[str, str], str]:
    body = (
        '<ErrorResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><Error>'
        f"<Type>Sender</Type><Code>{code}</Code><Message>any message</Message>"
        "</Error><RequestId>any</RequestId></ErrorResponse>"
    )
    return status, {"content-type": "text/xml"}, body


def wire_error(service: str, code: str, status: int) -> tuple[int, dict[str, str], str]:
    return (xml_error if service == "rds" else json_error)(code, status)


@cache
def model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)
