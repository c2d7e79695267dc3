"""Lambda runs what is deployed, and queues what is invoked asynchronously."""
