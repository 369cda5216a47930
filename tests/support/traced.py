"""The command line, telling at each byte on its input what memory it holds, and held at most.

That counts what lives, to the byte. The process's size would say how high its heap once stood, too,
which hangs on how busy the machine is.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
import tracemalloc

from cromicle_magic.__main__ import main

__all__: list[str] = []


def tell() -> None:
    """Answer each byte until the input ends."""
    while os.read(0, 1):
        most, now, held = tracemalloc.get_traced_memory()[1], living(), sys.maxsize
        # What was just answered may not be let go of yet.
        while now < held:
            time.sleep(0.1)
            now, held = living(), now
        os.write(1, b"%d %d\n" % (now, most))
        tracemalloc.reset_peak()


def living() -> int:
    """Give what lives, in bytes."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


if __name__ == "__main__":
    tracemalloc.start()
    threading.Thread(target=tell, daemon=True).start()
    sys.exit(main())
