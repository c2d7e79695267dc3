"""JSONata as Step Functions wants it written."""


def expression(body: str) -> str:
    """Return a field's value that is evaluated."""
    return f"{{% {body} %}}"


INPUT = expression("$states.input")
SHORT_ERROR = {
    "Error": expression("$states.errorOutput.Error"),
    "Cause": expression("$substring($states.errorOutput.Cause, 0, 500)"),
}
"""The error that was caught. A character takes six bytes of JSON at most, and the causes of all
children of the largest request have to fit a map's results together."""
PAYLOAD = expression("$states.result.Payload")
"""What a function returned."""
