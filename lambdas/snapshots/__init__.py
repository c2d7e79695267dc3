"""RDS snapshots as jobs: create one, wait for it, delete it again."""
