"""Child executions that wait with a task token, and the events that wake them."""
