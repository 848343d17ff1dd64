"""What the three functions share: the pure domain, the ports, and the adapters behind them."""

__version__ = "0.1.0"
