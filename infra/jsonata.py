"""JSONata as Step Functions wants it written."""


def expression(body: str) -> str:
    """Return a field's value that is evaluated."""
    return f"{{% {body} %}}"


INPUT = expression("$states.input")
ERROR = expression("$states.errorOutput")
PAYLOAD = expression("$states.result.Payload")
"""What a function returned."""
