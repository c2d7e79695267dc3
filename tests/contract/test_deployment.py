"""A cloud assembly deploys through CloudFormation; a failed deployment gives its reasons."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from localcloud.clock import VirtualClock
from localcloud.cloud import LocalAws
from localcloud.deployment import (
    AssemblyError,
    DeploymentError,
    deploy,
    deploy_template,
    zipped,
)
from tests.contract.patched_template import CODE, ROLE, function
from tests.processes import shared_processes
from tools.account import BOOTSTRAP_PARAMETER

BUCKET = "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"
ROLE_RESOURCE = {
    "Type": "AWS::IAM::Role",
    "Properties": {"AssumeRolePolicyDocument": {"Statement": []}},
}


@pytest.fixture(scope="module")
def aws():
    with LocalAws(VirtualClock(), processes=shared_processes()) as aws:
        yield aws


def write_assembly(directory, greeting: str, **more) -> None:
    asset = directory / f"asset.{greeting}"
    asset.mkdir(parents=True)
    (asset / "index.py").write_text(CODE)
    key = f"{greeting}.zip"
    code = {"S3Bucket": {"Fn::Sub": BUCKET}, "S3Key": key}
    worker = function("from-assembly", Code=code, Environment={"Variables": {"GREETING": greeting}})
    template = {
        "Parameters": {
            "BootstrapVersion": {
                "Type": "AWS::SSM::Parameter::Value<String>",
                "Default": BOOTSTRAP_PARAMETER,
            }
        },
        "Resources": {"Role": ROLE_RESOURCE, "Worker": worker, **more},
        "Outputs": {"Name": {"Value": {"Ref": "Worker"}}},
    }
    destination = {"bucketName": BUCKET, "objectKey": key}
    files = {
        "code": {
            "source": {"path": asset.name, "packaging": "zip"},
            "destinations": {"here": destination},
        },
        "template": {
            "source": {"path": "S.template.json", "packaging": "file"},
            "destinations": {"here": {**destination, "objectKey": "template.json"}},
        },
    }
    artifacts = {
        "S": {
            "type": "aws:cloudformation:stack",
            "properties": {
                "stackName": "assembled",
                "stackTemplateAssetObjectUrl": f"s3://{BUCKET}/template.json",
            },
        },
        "S.assets": {"type": "cdk:asset-manifest", "properties": {"file": "S.assets.json"}},
        "Tree": {"type": "cdk:tree", "properties": {"file": "tree.json"}},
    }
    (directory / "S.template.json").write_text(json.dumps(template))
    (directory / "S.assets.json").write_text(json.dumps({"files": files}))
    (directory / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))


def greeting(aws: LocalAws) -> str:
    answer = aws.client("lambda").invoke(FunctionName="from-assembly", Payload="{}")
    return json.load(answer["Payload"])["greeting"]


def test_deploys_an_assembly_and_then_its_next_version(aws, tmp_path):
    write_assembly(tmp_path / "one", "hello")
    write_assembly(tmp_path / "two", "goodbye")

    deployment = deploy(aws, tmp_path / "one")

    assert (deployment.stack_name, deployment.outputs) == ("assembled", {"Name": "from-assembly"})
    assert greeting(aws) == "hello"
    assert deploy(aws, tmp_path / "one").outputs == deployment.outputs
    deploy(aws, tmp_path / "two")
    assert greeting(aws) == "goodbye"


def test_a_zip_depends_only_on_names_and_contents(tmp_path):
    for name, order in (("a", ("x.py", "y.py")), ("b", ("y.py", "x.py"))):
        (tmp_path / name / "sub").mkdir(parents=True)
        for file in order:
            (tmp_path / name / "sub" / file).write_text(file)

    one, other = (zipped(tmp_path / name) for name in ("a", "b"))

    assert one == other
    assert zipfile.ZipFile(io.BytesIO(one)).namelist() == ["sub/x.py", "sub/y.py"]
    assert (tmp_path / "a.zip").read_bytes() == one


def test_a_deployment_error_has_the_reasons(aws):
    broken = {"Type": "AWS::Lambda::Function", "Properties": {"Handler": "h", "Role": ROLE}}
    template = json.dumps({"Resources": {"Role": ROLE_RESOURCE, "Broken": broken}})

    with pytest.raises(DeploymentError, match="Broken: KeyError: 'Code'"):
        deploy_template(aws, "broken-stack", template)


def test_refuses_a_directory_that_is_not_an_assembly(aws, tmp_path):
    with pytest.raises(AssemblyError, match="not a cloud assembly"):
        deploy(aws, tmp_path)


def test_a_failed_definition_is_a_deployment_error(aws):
    machine = {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {"RoleArn": ROLE, "DefinitionString": '{"StartAt": "Nowhere"}'},
    }
    template = json.dumps({"Resources": {"Role": ROLE_RESOURCE, "Machine": machine}})

    with pytest.raises(DeploymentError, match="Machine: Error=ValueError"):
        deploy_template(aws, "broken-machine", template)


def test_an_update_may_ask_for_the_previous_value_of_a_default(aws, tmp_path):
    write_assembly(tmp_path, "hello")
    deploy(aws, tmp_path)
    changed = json.loads((tmp_path / "S.template.json").read_text())
    changed["Resources"]["Worker"]["Properties"]["Description"] = "changed"

    # As the CDK CLI does.
    aws.client("cloudformation").update_stack(
        StackName="assembled",
        TemplateBody=json.dumps(changed),
        Parameters=[{"ParameterKey": "BootstrapVersion", "UsePreviousValue": True}],
    )

    function = aws.client("lambda").get_function_configuration(FunctionName="from-assembly")
    assert function["Description"] == "changed"
