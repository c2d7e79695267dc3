"""Deploys a CDK cloud assembly through CloudFormation, as the CDK's own command does."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from localcloud.cloud import Client, LocalAws
from localcloud.steps import OnStep, Step, ignore
from tools.account import BOOTSTRAP_PARAMETER
from tools.archive import zip_folder

_BOOTSTRAP_VERSION = "30"
_COMPRESSION = 1  # the layer is large, and the upload local
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
_SECONDS_BETWEEN_POLLS = 0.02
_SECONDS_BETWEEN_COUNTS = 0.1
_DEPLOYING = "Deploying the stack"
_SUCCEEDED = ("CREATE_COMPLETE", "UPDATE_COMPLETE")


@dataclass(frozen=True)
class Deployment:
    """A deployed stack and its outputs."""

    stack_name: str
    outputs: Mapping[str, str]


class DeploymentError(Exception):
    """The deployment failed; the text holds the reasons from the stack's events."""


class AssemblyError(DeploymentError):
    """The directory is not a cloud assembly with exactly one stack."""


@dataclass(frozen=True)
class _Asset:
    source: Path
    zipped: bool
    bucket: str
    key: str


def deploy(cloud: LocalAws, assembly_directory: Path | str, on_step: OnStep = ignore) -> Deployment:
    """Upload the assets of an assembly's only stack, create or update it, and wait for it.

    Raises AssemblyError and DeploymentError.
    """
    on_step(Step(_DEPLOYING))
    directory = Path(assembly_directory)
    name, template, assets = _stack(directory)
    _bootstrap(cloud, {asset.bucket for asset in assets})
    for asset in assets:
        body = zipped(asset.source) if asset.zipped else asset.source.read_bytes()
        cloud.client("s3").put_object(Bucket=asset.bucket, Key=asset.key, Body=body)
    return _deploy(cloud, name, on_step, TemplateURL=f"{cloud.endpoint}/{template}")


def deploy_template(
    cloud: LocalAws, name: str, template: str, on_step: OnStep = ignore
) -> Deployment:
    """Create a stack from a template's text, or update it, and wait.

    Raises DeploymentError.
    """
    return _deploy(cloud, name, on_step, TemplateBody=template)


def _deploy(cloud: LocalAws, name: str, on_step: OnStep, **template: str) -> Deployment:
    client = cloud.client("cloudformation")
    known = _description(client, name)
    submit = client.create_stack if known is None else client.update_stack
    try:
        with _counted(name, on_step):
            submit(StackName=name, Capabilities=_CAPABILITIES, **template)
    except ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise DeploymentError(f"{name}: {error}{_reasons(client, name)}") from error
    described = _wait_for(client, name)
    if described["StackStatus"] not in _SUCCEEDED:
        raise DeploymentError(f"{name}: {described['StackStatus']}{_reasons(client, name)}")
    outputs = {item["OutputKey"]: item["OutputValue"] for item in described.get("Outputs", [])}
    return Deployment(stack_name=name, outputs=outputs)


@contextmanager
def _counted(name: str, on_step: OnStep) -> Iterator[None]:
    """Report how many resources exist, repeatedly, from a thread that calls no API."""
    is_over = threading.Event()

    def count() -> None:
        while not is_over.wait(_SECONDS_BETWEEN_COUNTS):
            on_step(Step(_DEPLOYING, *_resources(name)))

    counting = threading.Thread(target=count, daemon=True, name="count")
    counting.start()
    try:
        yield
    finally:
        is_over.set()
        counting.join()


def zipped(folder: Path) -> bytes:
    """Return a folder as a zip file.

    The file is cached next to the folder, whose name in an assembly contains its content's hash.
    """
    cached = folder.with_name(f"{folder.name}.zip")
    if not cached.exists():
        zip_folder(folder, cached, level=_COMPRESSION)
    return cached.read_bytes()


def _stack(directory: Path) -> tuple[str, str, list[_Asset]]:
    """Return an assembly's stack: its name, the bucket and key of its template, and all assets."""
    try:
        artifacts = json.loads((directory / "manifest.json").read_text())["artifacts"]
    except (OSError, ValueError, KeyError) as error:
        raise AssemblyError(f"{directory} is not a cloud assembly: {error}") from error
    stacks = {
        key: item for key, item in artifacts.items() if item["type"] == "aws:cloudformation:stack"
    }
    if len(stacks) != 1:
        raise AssemblyError(f"{directory} must hold one stack, but holds {sorted(stacks)}")
    ((key, stack),) = stacks.items()
    properties = stack["properties"]
    manifests = [
        directory / item["properties"]["file"]
        for item in artifacts.values()
        if item["type"] == "cdk:asset-manifest"
    ]
    assets = [asset for manifest in manifests for asset in _assets(manifest)]
    template = _resolved(properties["stackTemplateAssetObjectUrl"]).removeprefix("s3://")
    return properties.get("stackName", key), template, assets


def _assets(manifest: Path) -> Iterator[_Asset]:
    for item in json.loads(manifest.read_text()).get("files", {}).values():
        source = item["source"]
        for destination in item["destinations"].values():
            yield _Asset(
                source=manifest.parent / source["path"],
                zipped=source.get("packaging") == "zip",
                bucket=_resolved(destination["bucketName"]),
                key=destination["objectKey"],
            )


def _resolved(text: str) -> str:
    """Replace the pseudo parameters of an environment-agnostic assembly."""
    return text.replace("${AWS::AccountId}", LocalAws.account).replace(
        "${AWS::Region}", LocalAws.region
    )


def _bootstrap(cloud: LocalAws, buckets: set[str]) -> None:
    """Create what `cdk bootstrap` would, as far as a template or its assets refer to it."""
    for bucket in sorted(buckets):
        cloud.client("s3").create_bucket(Bucket=bucket)
    cloud.client("ssm").put_parameter(
        Name=BOOTSTRAP_PARAMETER, Value=_BOOTSTRAP_VERSION, Type="String", Overwrite=True
    )


def _description(client: Client, name: str) -> dict[str, Any] | None:
    try:
        stacks: list[dict[str, Any]] = client.describe_stacks(StackName=name)["Stacks"]
    except ClientError:
        return None
    return stacks[0]


def _wait_for(client: Client, name: str) -> dict[str, Any]:
    while True:
        described = _description(client, name)
        if described is None:
            raise DeploymentError(f"{name}: the stack no longer exists")
        if not described["StackStatus"].endswith("_IN_PROGRESS"):
            return described
        time.sleep(_SECONDS_BETWEEN_POLLS)


def _resources(stack_name: str) -> tuple[int, int]:
    """Return how many of a stack's resources exist, and how many its template has.

    Read from moto's memory: its API returns only once the last resource exists, and listing the
    resources of a stack creates them.
    """
    backends = import_module("moto.cloudformation.models").cloudformation_backends
    for stack in list(backends[LocalAws.account][LocalAws.region].stacks.values()):
        if stack.name == stack_name:
            resources = stack.resource_map
            wanted = list(resources._resource_json_map)
            return sum(name in resources._parsed_resources for name in wanted), len(wanted)
    return 0, 0


def _reasons(client: Client, name: str) -> str:
    try:
        events = client.describe_stack_events(StackName=name)["StackEvents"]
    except ClientError:
        return ""
    reasons = [
        f"\n{event['LogicalResourceId']}: {event['ResourceStatusReason']}"
        for event in reversed(events)
        if event.get("ResourceStatusReason")
    ]
    return "".join(reasons)
