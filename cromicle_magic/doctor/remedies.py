"""What to type when a step failed; pure, nothing is run.

What comes from outside, such as a model's name, becomes part of a command only where it is plain:
IPython evaluates ``{...}`` on the line of a magic, and a shell evaluates even more.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cromicle_magic.discretion import is_loopback, public_address
from cromicle_magic.options import TIMEOUT_S
from cromicle_magic.providers.names import USUAL
from cromicle_magic.wire.cromicle import DEFAULT_TOKEN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cromicle_magic.providers.engines import Engine

__all__ = [
    "AGAIN",
    "ANOTHER",
    "ANY",
    "NO_PROXY",
    "WAIT",
    "connect",
    "dates",
    "fetch",
    "key",
    "model",
    "named",
    "plain_http",
    "port_of",
    "pull",
    "release",
    "rename",
    "resolve",
    "seek",
    "trust",
    "use",
]

AGAIN = "%cromicle doctor"
ANOTHER = "%cromicle use auto"
ANY = "ollama serve\nollama pull llama3.2"
NO_PROXY = "%config CromicleMagics.proxy = None"
WAIT = f"%config CromicleMagics.timeout = {TIMEOUT_S:g}"

# As the engines' own first pages have them.
_STARTS = {
    "ollama": "ollama serve",
    "lmstudio": "lms server start",
    "llamacpp": "llama-server -hf ggml-org/gemma-3-1b-it-GGUF",
    "vllm": "vllm serve Qwen/Qwen2.5-1.5B-Instruct",
}
# The others get their model when they start.
_PULLS = {"ollama": "ollama pull llama3.2", "lmstudio": "lms get"}

_PLAIN = re.compile(r"[\w.:/@+-]+", re.ASCII)
_HOST = re.compile(r"\w[\w.-]*", re.ASCII)
# Typed unseen, and so never saved in a notebook.
_ASK_KEY = '%config CromicleMagics.token = __import__("getpass").getpass("Key: ")'


def connect(engine: Engine, url: str) -> str:
    """Give how to get somebody to listen at an engine's address.

    Args:
        engine: The engine.
        url: Its address, at which nobody listens.
    """
    host, port = urlsplit(url).hostname or "", port_of(url)
    if not is_loopback(url):
        # Engines listen to their own machine only, unless told otherwise.
        return f"ssh -N -L {port}:127.0.0.1:{port} {host}" if _HOST.fullmatch(host) else ANOTHER
    if start := _STARTS.get(_kind(engine)):
        return start
    return ANOTHER if urlsplit(url).path else f"python -m cromicle_magic serve --port {port}"


def pull(engine: Engine) -> str:
    """Give how to get an engine a model."""
    kind = _kind(engine)
    return _PULLS.get(kind) or _STARTS.get(kind) or ANOTHER


def fetch(engine: Engine, name: str) -> str:
    """Give how to get an engine this very model, or else to see which it has.

    Args:
        engine: The engine.
        name: The model's name; foreign text.
    """
    is_ollama = _kind(engine) == "ollama"
    return f"ollama pull {name}" if is_ollama and _PLAIN.fullmatch(name) else "%cromicle models"


def model(name: str) -> str:
    """Give how to take another model."""
    # No line can safely hold any other name.
    is_plain = _PLAIN.fullmatch(name)
    return f'%config CromicleMagics.model = "{name}"' if is_plain else "%cromicle models"


def named(engine: str) -> str:
    """Give how to use the engine of a name, or any where there is none."""
    return f"%cromicle use {engine}" if engine else ANOTHER


def use(url: str) -> str:
    """Give how to let another address answer."""
    return f"%cromicle use {public_address(url)}"


def key(engine: Engine) -> str:
    """Give how to set a key without writing it down anywhere."""
    if engine.origin == "OPENAI_BASE_URL":
        return "read -rs OPENAI_API_KEY && export OPENAI_API_KEY"
    has_key = engine.token.strip() not in {"", DEFAULT_TOKEN}
    if engine.url and not has_key and _PLAIN.fullmatch(shown := public_address(engine.url)):
        return f"%cromicle login {shown}"
    if engine.url is None or is_loopback(engine.url):
        return _ASK_KEY
    # A key goes only to an address that is set as near to the cell as the key itself.
    return "\n".join([*_config_url(engine.url), _ASK_KEY, ANOTHER])


def release(url: str, origin: str) -> str:
    """Give how to let a key go out that was withheld.

    Args:
        url: The address that wants it.
        origin: Where the key is set, as ``settings.Found`` has it.
    """
    if origin.startswith("%config"):
        return "\n".join([*_config_url(url), ANOTHER])
    return f"export CROMICLE_URL={shlex.quote(public_address(url))}"


def resolve(host: str) -> str:
    """Give how to see what the resolver says of a host's name."""
    return f"nslookup {host}" if _HOST.fullmatch(host) else ANOTHER


def seek(url: str) -> str:
    """Give how to see where the way to an address ends."""
    return f"curl -v -m 10 {shlex.quote(public_address(url))}"


def trust(url: str) -> str:
    """Give how to look at a certificate, and to trust it once it is known to be the right one."""
    return f"openssl s_client -showcerts {_connect(url)} >server.pem\n{_TRUST}"


def dates(url: str) -> str:
    """Give how to see from when to when a certificate holds, and for whom."""
    shown = "openssl x509 -noout -dates -ext subjectAltName"
    return f"openssl s_client {_connect(url)} | {shown}"


def rename(url: str, names: Sequence[str]) -> str:
    """Give how to use an address by a name that its certificate is for, or to see that name.

    Args:
        url: The address.
        names: What the certificate is for; foreign text.
    """
    parts = urlsplit(public_address(url))
    port = f":{parts.port}" if parts.port else ""
    fit = next((name for name in names if _HOST.fullmatch(name)), "")
    return use(parts._replace(netloc=f"{fit}{port}").geturl()) if fit else dates(url)


def plain_http(url: str) -> str:
    """Give how to use an address without TLS."""
    return use(urlsplit(url)._replace(scheme="http").geturl())


def port_of(url: str) -> int:
    """Give an address's port, the usual one if it names none."""
    parts = urlsplit(url)
    return parts.port or {"https": 443}.get(parts.scheme, 80)


_TRUST = "export SSL_CERT_FILE=$PWD/server.pem"


def _kind(engine: Engine) -> str:
    """Give which of the usual engines this is, by what it says, or by its port; "" if none."""
    if engine.origin == "OLLAMA_HOST":
        return "ollama"
    name = re.sub("[ .]", "", engine.name.lower())
    port = port_of(engine.url) if engine.url else 0
    by_port = next((known for known in USUAL if USUAL[known] == port), "")
    return next((known for known in USUAL if name.startswith(known)), by_port)


def _config_url(url: str) -> list[str]:
    shown = public_address(url)
    return [f'%config CromicleMagics.url = "{shown}"'] if _PLAIN.fullmatch(shown) else []


def _connect(url: str) -> str:
    host = urlsplit(url).hostname or ""
    name = f"[{host}]" if ":" in host else host
    return f"-connect {shlex.quote(f'{name}:{port_of(url)}')} </dev/null"
