"""What every capability is built on: functions, the table, the key, the queues of dead letters."""
