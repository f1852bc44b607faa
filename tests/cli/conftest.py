from tests.restored import logging_as_before

__all__ = ["logging_as_before"]
