"""The storm's invariants find a seeded bug; `make mutants` tries all of them on random worlds."""

from __future__ import annotations

from bench.mutants.assemblies import assemblies_of
from bench.mutants.catalogue import mutants
from localcloud.storm.examine import examine
from localcloud.storm.scenario import Scenario, Sent
from localcloud.storm.stacks import Stacks

RESUMED = Scenario(
    seed=0,
    world={"campaigns": [{"id": "over", "state": "Stopped"}]},
    sent=(
        Sent(
            {
                "stages": [
                    {"jobs": [{"kind": "campaigns", "campaign_ids": ["over"], "target": "RUNNING"}]}
                ]
            }
        ),
    ),
)


def test_a_seeded_bug_violates_an_invariant() -> None:
    [mutant] = [each for each in mutants() if each.name == "resume-stopped"]
    with assemblies_of(mutant) as assemblies, Stacks(dict(enumerate(assemblies))) as stacks:
        found = examine(RESUMED, stacks).violations
    assert {each.invariant for each in found} == {"legal"}
