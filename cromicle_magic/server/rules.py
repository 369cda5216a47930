"""What the server bears: the names it is called by, and how long and how large a request may be."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Rules"]


@dataclass(frozen=True, slots=True)
class Rules:
    """The bounds of a server; each has a default that a usual client never meets.

    Attributes:
        names: Host names and addresses by which clients call it, beyond loopback, in small letters.
        head_s: How long a new connection may take to send its first request's head, in seconds.
        idle_s: How long a connection may be silent between two requests, in seconds; longer than
            the 60 s for which load balancers keep one, so that they are the first to hang up.
        body_s: How long a request's body may take, in seconds.
        take_s: How long a client may take nothing of its answer, in seconds; it holds a model up.
        body_bytes: The longest body; a long book fits, and a prompt beyond it is a mistake.
        short_bytes: A body up to here is never made to wait for others.
        long_bodies: How many longer ones are read at the same time, which bounds the memory that
            slow ones can hold.
    """

    names: frozenset[str] = frozenset()
    head_s: float = 10.0
    idle_s: float = 75.0
    body_s: float = 30.0
    take_s: float = 120.0
    body_bytes: int = 8 * 1024 * 1024
    short_bytes: int = 64 * 1024
    long_bodies: int = 8
