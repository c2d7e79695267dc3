"""A stack whose resource cannot be created fails, and its events say why.

moto answers CreateStack and UpdateStack with whatever exception the resource raised, mostly as an
HTML page, and leaves the stack IN_PROGRESS for ever. On AWS the stack is rolled back. Here it only
says so.
"""

from __future__ import annotations

from collections.abc import Callable

from localcloud.patches.patching import Moto, Patches, moto


class ResourceFailedError(Exception):
    """A resource of a stack could not be created or updated; its text names it and says why."""


def mend(patches: Patches) -> None:
    """Give failed stacks their status and their reason."""
    parsing = moto("cloudformation.parsing")
    for name in ("parse_and_create_resource", "parse_and_update_resource"):
        patches.replace(parsing, name, _naming_the_resource(vars(parsing)[name]))

    def create(backend: Moto, *args: Moto, **kwargs: Moto) -> Moto:
        before = set(backend.stacks)
        try:
            return create_stack(backend, *args, **kwargs)
        except ResourceFailedError as error:
            (made,) = set(backend.stacks) - before
            stack = backend.stacks[made]
            _fail(stack, "CREATE_FAILED", "ROLLBACK_COMPLETE", error)
            return stack

    def update(stack: Moto, *args: Moto, **kwargs: Moto) -> None:
        try:
            update_stack(stack, *args, **kwargs)
        except ResourceFailedError as error:
            _fail(stack, "UPDATE_FAILED", "UPDATE_ROLLBACK_COMPLETE", error)

    models = moto("cloudformation.models")
    create_stack: Callable[..., Moto] = patches.replace(
        models.CloudFormationBackend, "create_stack", create
    )
    update_stack: Callable[..., None] = patches.replace(models.Stack, "update", update)


def _naming_the_resource(original: Callable[..., Moto]) -> Callable[..., Moto]:
    def parse(logical_id: str, *args: Moto, **kwargs: Moto) -> Moto:
        try:
            return original(logical_id, *args, **kwargs)
        except ResourceFailedError:
            raise
        except Exception as error:
            reason = getattr(error, "message", None) or f"{type(error).__name__}: {error}"
            raise ResourceFailedError(f"{logical_id}: {reason}") from error

    return parse


def _fail(stack: Moto, event: str, status: str, error: ResourceFailedError) -> None:
    stack._add_stack_event(event, resource_status_reason=str(error))
    stack._add_stack_event(status)
    stack.status = status
