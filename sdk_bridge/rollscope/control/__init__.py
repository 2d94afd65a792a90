"""What the application may tell a program that runs: to pause, to go on, to run a step again."""
