"""The AWS account and Region of the current credentials."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final, NamedTuple

import boto3
from botocore.exceptions import BotoCoreError, ClientError

BOOTSTRAP_PARAMETER: Final = "/cdk-bootstrap/hnb659fds/version"
"""The parameter that `cdk bootstrap` creates. Source: CDK guide, bootstrapping-customizing."""


class AccountError(Exception):
    """The account cannot be used; the message says why, and what to do."""


class Account(NamedTuple):
    """An account and a Region.

    Attributes:
        partition: such as aws.
    """

    number: str
    region: str
    partition: str

    @property
    def variables(self) -> Mapping[str, str]:
        """The variables that set the Region: some SDKs read the one, some the other."""
        return {"AWS_REGION": self.region, "AWS_DEFAULT_REGION": self.region}


def current_account() -> Account:
    """Return the account and Region of the current credentials.

    Raises:
        AccountError: when there are none, or no Region, or they are not valid.
    """
    region = os.environ.get("AWS_REGION") or boto3.Session().region_name
    if not region:
        raise AccountError("no Region is set: set AWS_REGION")
    try:
        if boto3.Session().get_credentials() is None:
            raise AccountError(
                "there are no AWS credentials: set AWS_PROFILE, or run `aws configure`"
            )
        identity = boto3.client("sts", region_name=region).get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise AccountError(f"the AWS credentials do not work: {error}") from error
    return Account(identity["Account"], region, identity["Arn"].split(":")[1])


def require_bootstrap(account: Account) -> None:
    """Make sure that the CDK can deploy to an account.

    Raises:
        AccountError: when it has not been bootstrapped, or cannot be read.
    """
    ssm = boto3.client("ssm", region_name=account.region)
    try:
        ssm.get_parameter(Name=BOOTSTRAP_PARAMETER)
    except ssm.exceptions.ParameterNotFound:
        raise AccountError(
            f"account {account.number} is not bootstrapped for CDK in {account.region}: "
            "run `make bootstrap` once"
        ) from None
    except (BotoCoreError, ClientError) as error:
        raise AccountError(f"{BOOTSTRAP_PARAMETER} cannot be read: {error}") from error
