"""The stack, composed of constructs by capability."""
