"""Where the CDK command starts."""

from infra.app import main

main()
