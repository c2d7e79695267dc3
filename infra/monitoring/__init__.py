"""The dashboard, and the alarms that go to one topic."""
