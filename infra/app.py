"""The CDK app: one stack, from the settings in cdk.json."""

import json
import sys
from pathlib import Path

from aws_cdk import App

from infra.functions import ROOT, LayerMissingError
from infra.names import CONTEXT_KEY
from infra.settings import Settings, SettingsError
from infra.stack import OrchestratorStack


def main(cdk_json: Path = ROOT / "cdk.json") -> None:
    """Synthesise the stack; a setting that breaks its rule ends it with one clear line."""
    # The CDK command passes cdk.json on, and what it passes wins; by itself the app reads it too.
    app = App(context=json.loads(cdk_json.read_text(encoding="utf-8"))["context"])
    try:
        OrchestratorStack(app, Settings.from_context(app.node.try_get_context(CONTEXT_KEY)))
    except (SettingsError, LayerMissingError) as error:
        sys.exit(f"app.py: {error}")
    app.synth()
