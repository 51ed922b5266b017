"""The program: configuration, the command line, and the one place where everything is wired together."""
