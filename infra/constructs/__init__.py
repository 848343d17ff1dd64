"""The parts that the stack is composed of."""
