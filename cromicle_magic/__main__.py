"""The command line: python -m cromicle_magic serve, and doctor."""

from __future__ import annotations

import argparse
import sys

from cromicle_magic.doctor import console
from cromicle_magic.server import serving


def main() -> int:
    """Run the command line.

    Returns:
        The command's exit code; 2 for a wrong option.
    """
    parser = argparse.ArgumentParser(
        prog="python -m cromicle_magic", description="Serve, or check the way to an engine."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    serving.add_to(commands)
    console.add_to(commands)
    options = parser.parse_args()
    return int(options.run(options))


if __name__ == "__main__":
    sys.exit(main())
