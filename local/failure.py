"""The one error that ends a local run with words instead of a traceback."""


class LocalRunError(Exception):
    """The local run cannot start or go on; the text says why and what to do."""
