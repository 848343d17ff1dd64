"""What clients send, one module for each resource."""
