"""Virtual time, from the lab: attacks take place in it as well."""

from resolver.lab.virtual import START, Stuck, VirtualLoop, run

__all__ = ["START", "Stuck", "VirtualLoop", "run"]
