"""What every capability uses: AWS clients and errors, settings, the clock, logs and metrics."""
