"""Who knows the answer?  From the closest known zone down to it.  Read `walk` first."""
