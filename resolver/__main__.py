"""Run as `python -m resolver`, for those who have not installed the command."""

import sys

from resolver.cli import main

if __name__ == "__main__":
    sys.exit(main())
