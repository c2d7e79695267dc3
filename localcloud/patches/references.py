"""A template's Ref is an event bus's name and a layer version's ARN; moto hands out the objects."""

from __future__ import annotations

from localcloud.patches.patching import Patches, moto


def mend(patches: Patches) -> None:
    """Give both the identity that a Ref asks for."""
    bus = moto("events.models").EventBus
    patches.add(bus, "physical_resource_id", property(lambda self: self.name))
    layer = moto("awslambda.models").LayerVersion
    patches.add(layer, "physical_resource_id", property(lambda self: self.arn))
