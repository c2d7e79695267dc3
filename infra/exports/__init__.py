"""RDS exports: the function that reconciles them, the rule of their ends, their destination."""
