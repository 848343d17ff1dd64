"""What the use cases need of the outside world, as Protocols.

Every implementation of a port keeps the promise written here; the contract tests hold the real
adapters and the fakes of the tests to it.
"""
