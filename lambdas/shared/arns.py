"""The parts of an ARN."""


def account_of(arn: str) -> str:
    """Return the account in an ARN."""
    return arn.split(":")[4]
