"""Names, identifiers and jitter come from a seed, so that a run repeats."""

from __future__ import annotations

import itertools
import random
import uuid

from localcloud.patches.patching import ASL, Patches, moto

_identifiers = random.Random()
_jitter = random.Random()
_components = itertools.count()


def apply(patches: Patches) -> None:
    """Draw from a seed what this process draws; the function host seeds its workers.

    A deployment always has the same one: a world's names do not depend on the world before it.
    """
    original = uuid.uuid4
    patches.replace_everywhere("", original, _uuid4)
    patches.replace(uuid, "uuid4", _uuid4)
    # The key of a service's backend is drawn at its first use, in whichever world that is.
    moto("core.base_backend").uuid4 = original
    jitter = moto(f"{ASL}.component.common.retry.jitter_strategy_decl")
    patches.replace(jitter, "random", _jitter)
    # Parsed definitions outlive a run, and draw their internal keys only once.
    components = moto(f"{ASL}.component.eval_component")
    patches.replace(components, "long_uid", _component_key)
    reseed(0)


def reseed(seed: int) -> None:
    """Begin the draws again: how many a deployment makes depends on what is imported already."""
    _identifiers.seed(f"{seed}-identifiers")
    _jitter.seed(f"{seed}-jitter")
    moto("moto_api._internal").mock_random.seed(seed)


def _uuid4() -> uuid.UUID:
    """Return an identifier; modules that are imported while this is in place keep it."""
    return uuid.UUID(int=_identifiers.getrandbits(128), version=4)


def _component_key() -> str:
    return f"component-{next(_components)}"
