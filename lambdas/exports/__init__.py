"""RDS export tasks."""
