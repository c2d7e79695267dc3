"""RDS exports: the function that reconciles them, the rule of their ends, where they go."""
