"""Is it true?  Signatures, the keys that made them, and why those are believed."""
