"""The CDK app: one stack, from the settings in cdk.json."""

import sys

from aws_cdk import App

from infra.platform.functions import LayerMissingError
from infra.project import CONTEXT_KEY, cdk_context
from infra.settings import Settings, SettingsError
from infra.stack import OrchestratorStack


def main() -> None:
    """Synthesise the stack; a setting that breaks its rule ends it with one clear line."""
    # The CDK command passes cdk.json on, and what it passes wins; by itself the app reads it too.
    app = App(context=cdk_context())
    try:
        OrchestratorStack(app, Settings.from_context(app.node.try_get_context(CONTEXT_KEY)))
    except (SettingsError, LayerMissingError) as error:
        sys.exit(f"app.py: {error}")
    app.synth()
