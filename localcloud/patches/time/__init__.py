"""Step Functions goes by the virtual clock."""
