"""What stands before the model of a file: a server whose token only this process knows."""

from __future__ import annotations

from cromicle_magic.discretion import Address
from cromicle_magic.providers import local
from cromicle_magic.server import embedded
from cromicle_magic.server.gateway import Gateway

__all__ = ["opened"]

# One at a time runs, as one model does.
_gateways: dict[local.Local, Gateway] = {}


async def opened(path: str) -> local.Local:
    """Run a model in this process, unless it runs, and the server before it.

    Args:
        path: The model's file; see ``local.start``.

    Returns:
        The model, at that server's address and with its token.

    Raises:
        SettingError: It can't be run.
    """
    place = await local.start(path)
    if place not in _gateways:
        while _gateways:
            embedded.stop(_gateways.popitem()[1])
        _gateways[place] = Gateway(place.url, place.model, place.token)
    door = embedded.start(_gateways[place])
    return local.Local(Address(f"{door.url}/v1"), door.token, place.model)
