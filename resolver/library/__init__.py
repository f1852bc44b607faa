"""The resolver for other programs: `from resolver import Resolver`.

`asking` has the resolver, `answers` what it gives.  docs/library.md shows how both are
used.  Whoever imports `resolver` gets them when they are named, and not before: they
bring all of dnspython along.
"""

from resolver.library.answers import Answer, Security
from resolver.library.asking import Resolver

__all__ = ["Answer", "Resolver", "Security"]
