"""Packets that are answered without leaving bytes.

This room may be incomplete, it may not be wrong: what it does not know takes the
long way through `service`.
"""
