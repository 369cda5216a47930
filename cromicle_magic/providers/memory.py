"""How much memory this machine, or the container around this process, has to spare."""

from __future__ import annotations

import os
import re
from pathlib import Path

__all__ = ["available_bytes"]


def available_bytes(root: Path = Path("/")) -> int | None:
    """Give the memory that can be had without pushing other programs out.

    Linux says it in ``/proc/meminfo`` (``MemAvailable``, proc(5)). A container has its own limit in
    ``/sys/fs/cgroup`` (control groups, version 2): its ``memory.max``, less ``memory.current``,
    where file pages that nobody used lately (``inactive_file``) can be had back. Elsewhere all of
    the machine's memory is the bound.

    Args:
        root: Where those files are looked for.

    Returns:
        The bytes; None where the system does not tell, as on Windows.
    """
    machine = _number(root / "proc/meminfo", r"MemAvailable: +(\d+) kB")
    group = root / "sys/fs/cgroup"
    limit, used = _number(group / "memory.max"), _number(group / "memory.current")
    bounds = [] if machine is None else [machine * 1024]
    if limit is not None and used is not None:
        idle = _number(group / "memory.stat", r"inactive_file (\d+)") or 0
        bounds.append(max(limit - used + idle, 0))
    return min(bounds) if bounds else _installed_bytes()


def _number(path: Path, pattern: str = r"(\d+)") -> int | None:
    """Give the number at the start of one of a file's lines."""
    try:
        found = re.search(f"^{pattern}$", path.read_text(), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) if found else None


def _installed_bytes() -> int | None:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None
