"""Requests over bare sockets, without any client of ours or of others."""

from __future__ import annotations

import json
import socket
from hashlib import sha256
from typing import Any

__all__ = ["JSON", "body", "raw", "request", "text_of"]

JSON = "Content-Type: application/json"


def body(message: str = "Hello", token: str = "", **changed: Any) -> bytes:
    """Give a request's body, right in all that is not changed."""
    digest = sha256((token + message).encode()).hexdigest()
    return json.dumps({"message": message, "token": token, "hash": digest, **changed}).encode()


def request(url: str, data: bytes, *headers: str, first: str = "POST /chat HTTP/1.1") -> bytes:
    """Give the bytes of one request, behind which the connection closes."""
    host = url.removeprefix("http://")
    if not any(header.lower().startswith("host:") for header in headers):
        headers = (f"Host: {host}", *headers)
    lines = [first, *headers, f"Content-Length: {len(data)}", "Connection: close", "", ""]
    return "\r\n".join(lines).encode() + data


def raw(url: str, data: bytes, *headers: str, first: str = "POST /chat HTTP/1.1") -> bytes:
    """Send one request over a bare socket and give everything that comes back."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(request(url, data, *headers, first=first))
        with connection.makefile("rb") as answer:
            return answer.read()


def text_of(answer: bytes) -> str:
    """Join the chunks of an answer; the responder's words hold no line break of HTTP's kind."""
    return b"".join(answer.partition(b"\r\n\r\n")[2].split(b"\r\n")[1:-3:2]).decode()
