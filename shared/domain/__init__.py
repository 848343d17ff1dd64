"""Pure rules: nothing here reads a clock, a network, a file or the environment."""
