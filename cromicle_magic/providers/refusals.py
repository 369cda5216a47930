"""What the head of a response says: that an answer follows, or one of the ways to refuse one."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime, timezone

import aiohttp

from cromicle_magic.discretion import public_address
from cromicle_magic.errors import AccessError, CromicleError, ProtocolError, StatusError
from cromicle_magic.patience import within
from cromicle_magic.render.terminal import quoted
from cromicle_magic.wire.faults import sentence
from cromicle_magic.wire.retry_after import retry_after_s

__all__ = ["LONGEST_RETRY_AFTER_S", "check"]

# Enough of an error page to find the sentence in it, and time enough for it to come.
ERROR_BODY_BYTES = 4096
ERROR_BODY_S = 1.0
# A cell that waits longer without a word seems to hang; the reader asks again then.
LONGEST_RETRY_AFTER_S = 30.0

# Either header may name what packs the text, and either may come more than once.
_PLAIN = {
    "content-encoding": {"", "identity"},
    "transfer-encoding": {"", "identity", "chunked"},
}
_ADVICE = {
    401: "check the token (CROMICLE_TOKEN)",
    403: "check the token (CROMICLE_TOKEN)",
    404: "check the url",
    407: "check the user and password of the proxy",
    408: "it waited too long for the request; ask again",
    413: "the prompt is too long for it; ask with less",
    429: "too many requests; ask again later",
}


async def check(response: aiohttp.ClientResponse, address: str) -> None:
    """Let an answer pass, its body yet to be read, and raise anything else.

    No redirect is followed, for it would carry the prompt to another host. No compression is
    accepted, for a compressed text that is cut looks whole, and a small one may grow without end.

    Args:
        response: The response.
        address: Who answers, for the error.

    Raises:
        CromicleError: It is no answer; the error holds the status, and what the server said.
    """
    status = response.status
    if 200 <= status < 300:
        _check_encoding(response, address)
    elif 300 <= status < 400:
        text = f"{address} redirects to {_target(response)}"
        raise ProtocolError(text, address=address, status=status)
    else:
        raise _refusal(response, address, await _page(response))


def _target(response: aiohttp.ClientResponse) -> str:
    """Give where a redirect leads, and what to do about it."""
    try:
        target = public_address(response.headers.get("location", ""))
    except ValueError:
        target = ""
    if not target:
        return "no address; nothing was sent on. Check the url."
    return f"{quoted(target)}; nothing was sent on. Trust it? Name it as url."


def _check_encoding(response: aiohttp.ClientResponse, address: str) -> None:
    for header, plain in _PLAIN.items():
        encoding = ", ".join(response.headers.getall(header, []))
        if {name.strip().lower() for name in encoding.split(",")} - plain:
            said = quoted(encoding, 40)
            text = f"{address} compressed its answer ({said}), which was not asked for."
            raise ProtocolError(text, address=address, status=response.status)


def _refusal(response: aiohttp.ClientResponse, address: str, page: str) -> CromicleError:
    status = response.status
    kind = AccessError if status in {401, 403} else StatusError
    advice = _ADVICE.get(status, "the server can't answer this now")
    text = f"{address} replied with HTTP {status}: {advice}."
    wait_s = retry_after_s(response.headers.get("retry-after", ""), datetime.now(timezone.utc))
    if wait_s is not None:
        text += f" It asks to wait {wait_s:,.0f} s"
        is_long = wait_s > LONGEST_RETRY_AFTER_S
        text += f", longer than the {LONGEST_RETRY_AFTER_S:g} s that are kept." if is_long else "."
    if reason := sentence(page) or response.reason:
        text += f" It said: {quoted(reason)}"
    error = kind(text, address=address, status=status)
    error.retry_after_s = wait_s
    return error


async def _page(response: aiohttp.ClientResponse) -> str:
    """Give the beginning of an error's page, as much of it as comes."""
    page = bytearray()
    # The status is what counts: a page that breaks off, or never comes, takes nothing from it.
    with suppress(aiohttp.ClientError, asyncio.TimeoutError, OSError):
        await within(ERROR_BODY_S, _read(response, page))
    return page[:ERROR_BODY_BYTES].decode("utf-8", "replace")


async def _read(response: aiohttp.ClientResponse, page: bytearray) -> None:
    async for data in response.content.iter_any():
        page += data
        if len(page) >= ERROR_BODY_BYTES:
            return
