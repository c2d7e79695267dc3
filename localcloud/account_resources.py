"""The buckets, roles and keys of the local AWS, in moto's own memory."""

from __future__ import annotations

from lambdas.shared.environment import EXPORT_BUCKET, EXPORT_KEY_ARN, EXPORT_ROLE_ARN
from localcloud.functions.environment import ACCOUNT, REGION
from localcloud.patches.patching import Moto, moto

_GLOBAL = "aws"


class AccountResources:
    """Checks which resources exist; the roles and keys of other accounts do not."""

    def has_bucket(self, name: str) -> bool:
        """Return whether a bucket exists."""
        return name in _backend("s3", _GLOBAL).buckets

    def has_role(self, arn: str) -> bool:
        """Return whether a role exists."""
        return any(role.arn == arn for role in _backend("iam", _GLOBAL).get_roles())

    def has_key(self, key_id: str) -> bool:
        """Return whether a key, named by id, ARN or alias, exists and is enabled."""
        backend = _backend("kms", REGION)
        alias = backend.get_alias_name(key_id)
        if alias.startswith("alias/"):
            key_id = backend.get_key_id_from_alias(alias) or ""
        key = backend.keys.get(backend.get_key_id(key_id))
        return key is not None and key.enabled

    def provide_bucket(self, name: str) -> None:
        """Create a bucket unless it exists."""
        if not self.has_bucket(name):
            _backend("s3", _GLOBAL).create_bucket(name, REGION)

    def provide_export_stores(self) -> None:
        """Create the bucket, role and key that deployed functions export with, unless they exist.

        The stack's settings may name existing ones, which are not part of the stack.
        """
        for function in moto("awslambda.utils").get_backend(ACCOUNT, REGION).list_functions():
            variables = function.environment_vars
            if EXPORT_BUCKET in variables:
                self.provide_bucket(variables[EXPORT_BUCKET])
                self._provide_role(variables[EXPORT_ROLE_ARN])
                self._provide_key(variables[EXPORT_KEY_ARN])

    def _provide_role(self, arn: str) -> None:
        if not self.has_role(arn):
            path, _, name = arn.partition(":role")[2].rpartition("/")
            role = {"assume_role_policy_document": "{}", "path": f"{path}/"}
            _backend("iam", _GLOBAL).create_role(
                name, **role, permissions_boundary=None, description="", tags=[],
                max_session_duration="3600",
            )  # fmt: skip

    def _provide_key(self, arn: str) -> None:
        if not self.has_key(arn):
            backend = _backend("kms", REGION)
            key = backend.create_key(None, "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", "", [])
            del backend.keys[key.id]
            key.id, key.arn = backend.get_key_id(arn), arn
            backend.keys[key.id] = key


def _backend(service: str, region: str) -> Moto:
    return moto("backends").get_backend(service)[ACCOUNT][region]
