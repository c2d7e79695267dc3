"""JSONata as Step Functions wants it written."""


def expression(body: str) -> str:
    """Return a field's value that is evaluated."""
    return f"{{% {body} %}}"


INPUT = expression("$states.input")
SHORT_ERROR = {
    "Error": expression("$states.errorOutput.Error"),
    "Cause": expression("$substring($states.errorOutput.Cause, 0, 500)"),
}
"""The error that was caught, cut: the causes of all children of the largest request have to fit the
results of a map together, however many bytes of JSON their characters take."""
PAYLOAD = expression("$states.result.Payload")
"""What a function returned."""
