"""What clients are answered, one module for each resource."""
