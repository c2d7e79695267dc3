"""What the project's command lines share: the files they read, what they print, interrupts."""
