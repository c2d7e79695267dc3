"""A world file is loaded as documented, or refused in one line that names file, field and rule."""

from __future__ import annotations

import json

import pytest

from localcloud.world import World, WorldError, load_world

SNAPSHOT = "arn:aws:rds:us-east-1:123456789012:snapshot:orders"


@pytest.fixture
def load(tmp_path):
    def load(world: object) -> World:
        path = tmp_path / "world.json"
        path.write_text(world if isinstance(world, str) else json.dumps(world))
        return load_world(path)

    return load


def test_loads_the_documented_example(load):
    world = load(
        {
            "campaigns": [
                {
                    "id": "c-1",
                    "api_version": "v2",
                    "state": "Running",
                    "completes_after_s": 3600,
                    "deletion_s": 20,
                }
            ],
            "snapshots": [
                {
                    "arn": SNAPSHOT,
                    "starting_s": 300,
                    "export_s": 900,
                    "size_gb": 40,
                    "outcome": "COMPLETE",
                    "failure_cause": None,
                    "warning": None,
                }
            ],
            "limits": {
                "campaign_mutations_per_s": 1,
                "campaign_mutation_burst": 2,
                "campaign_reads_per_s": 5,
                "campaign_read_burst": 10,
                "concurrent_exports": 5,
            },
            "faults": [
                {
                    "operation": "GetCampaignStateBatch",
                    "error": "ThrottlingException",
                    "rate": 0.3,
                },
                {"operation": "StartExportTask", "error": "lost_response", "times": 1},
                {"event": "RDS-EVENT-0161", "drop": 1.0},
                {"event": "StopCampaign", "drop": 1.0},
            ],
            "actions": [
                {"at_s": 120, "operation": "StopCampaign", "campaign_id": "c-1"},
                {"at_s": 300, "operation": "AbortExecution"},
            ],
        }
    )
    assert world.limits == World().limits
    assert world.snapshots[0].size_gb == 40


def test_only_ids_are_required(load):
    world = load(
        {
            "campaigns": [{"id": "c-1"}, {"id": "c 1!".replace(" ", ""), "api_version": "v1"}],
            "snapshots": [{"arn": SNAPSHOT, "outcome": ["FAILED", "COMPLETE"]}],
            "exports": [{"export_id": "e-1", "source_arn": SNAPSHOT}],
        }
    )
    assert (world.campaigns[0].state, world.campaigns[0].api_version) == ("Running", "v2")
    assert world.exports[0].status == "IN_PROGRESS"
    assert load({}) == World()


BAD_WORLDS = {
    "unknown field": ({"campains": []}, "campains: Extra inputs"),
    "unknown inner field": ({"limits": {"exports": 5}}, "limits.exports: Extra"),
    "missing id": ({"campaigns": [{}]}, "campaigns[0].id: Field required"),
    "text for a number": (
        {"campaigns": [{"id": "c", "deletion_s": "20"}]},
        "campaigns[0].deletion_s: Input should be a valid number",
    ),
    "negative time": (
        {"snapshots": [{"arn": SNAPSHOT, "export_s": -1}]},
        "snapshots[0].export_s: Input should be greater than or equal to 0",
    ),
    "v2 state in v1": (
        {"campaigns": [{"id": "c", "api_version": "v1", "state": "Completed"}]},
        "campaigns[0]: state 'Completed' is not one of v1",
    ),
    "blog state": ({"campaigns": [{"id": "c", "state": "DELETING"}]}, "state 'DELETING' is not"),
    "schedule in v1": (
        {"campaigns": [{"id": "c", "api_version": "v1", "schedule_end_s": 5}]},
        "campaigns[0]: schedule_end_s needs api_version v2",
    ),
    "bad id": ({"campaigns": [{"id": "a_b"}]}, "campaigns[0]: id 'a_b' is not a campaign id of v2"),
    "no id": ({"campaigns": [{"id": "", "api_version": "v1"}]}, "campaigns[0]: id ''"),
    "two of one id": ({"campaigns": [{"id": "c"}, {"id": "c"}]}, "campaigns: more than one c"),
    "not an arn": (
        {"snapshots": [{"arn": "orders"}]},
        "snapshots[0].arn: must be the ARN of an RDS snapshot",
    ),
    "unknown outcome": (
        {"snapshots": [{"arn": SNAPSHOT, "outcome": "DONE"}]},
        "snapshots[0].outcome: Input should be 'COMPLETE' or 'FAILED'; snapshots[0].outcome: ",
    ),
    "no outcome": ({"snapshots": [{"arn": SNAPSHOT, "outcome": []}]}, "snapshots[0].outcome"),
    "unknown operation of a fault": (
        {"faults": [{"operation": "PutItem", "error": "Throttling"}]},
        "faults[0].operation: Input should be 'StartCampaign'",
    ),
    "unknown operation of an action": (
        {"actions": [{"at_s": 1, "operation": "Reboot"}]},
        "actions[0].operation: Input should be",
    ),
    "rate above 1": (
        {"faults": [{"operation": "StartExportTask", "error": "Throttling", "rate": 2}]},
        "faults[0].rate: Input should be less than or equal to 1",
    ),
    "rate and times": (
        {"faults": [{"operation": "StartExportTask", "error": "E", "rate": 1, "times": 1}]},
        "faults[0]: takes rate or times, not both",
    ),
    "wrong aim": (
        {"faults": [{"operation": "StartExportTask", "error": "E", "campaign_id": "c"}]},
        "faults[0]: StartExportTask has no campaign_id",
    ),
    "read as event": (
        {"faults": [{"event": "ListCampaigns"}]},
        "faults[0].event: String should match",
    ),
    "bad event": ({"faults": [{"event": "0161"}]}, "faults[0].event: String should match"),
    "action without its resource": (
        {"actions": [{"at_s": 1, "operation": "StopCampaign"}]},
        "actions[0]: StopCampaign needs campaign_id",
    ),
    "action on nothing": (
        {"actions": [{"at_s": 1, "operation": "StopCampaign", "campaign_id": "c"}]},
        "actions[0].campaign_id: no campaign of the world",
    ),
    "action with too much": (
        {"actions": [{"at_s": 1, "operation": "AbortExecution", "arn": SNAPSHOT}]},
        "actions[0]: AbortExecution does not take arn",
    ),
    "no bucket's name": (
        {"exports": [{"export_id": "e", "source_arn": SNAPSHOT, "s3_bucket": "My_Bucket"}]},
        "exports[0].s3_bucket: ",
    ),
    "database of another kind": (
        {"snapshots": [{"arn": SNAPSHOT, "db_cluster": "crm"}]},
        "snapshots[0]: db_cluster needs the ARN of a cluster-snapshot",
    ),
    "two times of one snapshot": (
        {"snapshots": [{"arn": SNAPSHOT, "created_at_s": 5, "exists_from_s": 5}]},
        "snapshots[0]: takes created_at_s or exists_from_s, not both",
    ),
    "unknown type": (
        {"snapshots": [{"arn": SNAPSHOT, "type": "nightly"}]},
        "snapshots[0].type: Input should be 'automated'",
    ),
    "bad database id": ({"databases": [{"id": "rds:shop"}]}, "databases[0].id: "),
    "two of one database": (
        {"databases": [{"id": "shop"}, {"id": "Shop"}, {"id": "shop", "kind": "cluster"}]},
        "databases: more than one instance shop",
    ),
    "member of nothing": (
        {"databases": [{"id": "shop", "cluster": "crm"}]},
        "databases[0].cluster: no cluster of the world",
    ),
    "cluster of a cluster": (
        {"databases": [{"id": "shop", "kind": "cluster", "cluster": "shop"}]},
        "databases[0]: only an instance is a member of a cluster",
    ),
    "bad instance": (
        {"campaigns": [{"id": "c", "instance_id": "a/b"}]},
        "campaigns[0].instance_id: ",
    ),
    "not a list": ({"campaigns": {"id": "c"}}, "campaigns: Input should be"),
    "not an object": ("[]", "Input should be an object"),
    "not JSON": ("{", "is not JSON"),
}


@pytest.mark.parametrize(("world", "line"), BAD_WORLDS.values(), ids=BAD_WORLDS)
def test_refuses_a_bad_world_in_one_line(load, world, line):
    with pytest.raises(WorldError) as refusal:
        load(world)
    message = str(refusal.value)
    assert "world.json: " in message
    assert line in message
    assert "\n" not in message


def test_names_all_faults_at_once(load):
    with pytest.raises(WorldError, match=r"world\.json: campaigns\[0\].*; limits\.concurrent_"):
        load({"campaigns": [{"id": 7}], "limits": {"concurrent_exports": 0}})


def test_refuses_a_file_that_does_not_exist(tmp_path):
    with pytest.raises(WorldError, match=r"none\.json: No such file"):
        load_world(tmp_path / "none.json")
