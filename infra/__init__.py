"""The stack, composed of constructs by capability."""

import os
import sys
from pathlib import Path

# CDK's runtime wants a recent Node; the virtual environment brings one. It is looked for when
# aws_cdk is first imported, so this stands before all of its importers.
_NODE = Path(sys.executable).with_name("node")
if _NODE.exists():
    os.environ.setdefault("JSII_NODE", str(_NODE))
