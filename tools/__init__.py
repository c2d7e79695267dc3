"""What builds, synthesises and deploys the stack, asks it whether it works, and draws its docs."""
