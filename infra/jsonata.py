"""JSONata as Step Functions wants it written."""


def expression(body: str) -> str:
    """Return a field's value that is evaluated."""
    return f"{{% {body} %}}"


INPUT = expression("$states.input")
SHORT_ERROR = {
    "Error": expression("$states.errorOutput.Error"),
    "Cause": expression("$substring($states.errorOutput.Cause, 0, 4000)"),
}
"""The error that was caught; fifty of the longest causes would not fit a map's results."""
PAYLOAD = expression("$states.result.Payload")
"""What a function returned."""
