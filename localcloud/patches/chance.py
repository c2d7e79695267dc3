"""Names, identifiers and jitter come from a seed, so that a run repeats."""

from __future__ import annotations

import random
import uuid

from localcloud.patches.patching import ASL, Patches, moto


def apply(patches: Patches, seed: int) -> None:
    """Seed what this process draws; the function host seeds its workers."""
    dice = random.Random(f"{seed}-identifiers")

    def uuid4() -> uuid.UUID:
        return uuid.UUID(int=dice.getrandbits(128), version=4)

    patches.replace_everywhere("", uuid.uuid4, uuid4)
    patches.replace(uuid, "uuid4", uuid4)
    moto("moto_api._internal").mock_random.seed(seed)
    jitter = moto(f"{ASL}.component.common.retry.jitter_strategy_decl")
    patches.replace(jitter, "random", random.Random(f"{seed}-jitter"))
