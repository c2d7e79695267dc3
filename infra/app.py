"""The CDK app: one stack, from the settings in cdk.json."""

import sys
from pathlib import Path

from aws_cdk import App

from infra.platform.functions import LayerMissingError
from infra.project import CDK_JSON
from infra.settings import Settings, SettingsError, read_context
from infra.stack import OrchestratorStack


def main(cdk_json: Path = CDK_JSON) -> None:
    """Synthesise the stack; an invalid setting ends it with a one-line error."""
    try:
        # The CDK command passes cdk.json's context merged with that of its arguments, which win.
        context = read_context(cdk_json)
        app = App(context=context)
        OrchestratorStack(app, Settings.from_contexts(context, app.node.get_all_context()))
    except (SettingsError, LayerMissingError) as error:
        sys.exit(f"app.py: {error}")
    app.synth()
