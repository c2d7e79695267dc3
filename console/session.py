"""The AWS session of a command: credentials, Region and endpoint as boto3 finds them."""

from __future__ import annotations

import os

import boto3
from botocore.exceptions import BotoCoreError

from console.errors import AwsUnavailable


def session(profile: str | None = None, region: str | None = None) -> boto3.Session:
    """Return a session; the Region may also be in AWS_REGION, which boto3 does not read.

    Raises:
        AwsUnavailable: there is no such profile.
    """
    try:
        return boto3.Session(
            profile_name=profile, region_name=region or os.environ.get("AWS_REGION") or None
        )
    except BotoCoreError as error:
        raise AwsUnavailable(str(error)) from error
