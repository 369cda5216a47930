"""The pages of the manual, found by their topics; read when they are asked for, and not before."""

from __future__ import annotations

from importlib.resources import files

from cromicle_magic.errors import SettingError
from cromicle_magic.likeness import nearest
from cromicle_magic.render.terminal import quoted

__all__ = ["page", "topics", "topics_table"]

_FOLDER = files("cromicle_magic.manual")
_SUFFIX = ".md"


def topics() -> list[str]:
    """Give the topics that have a page, in the order of the alphabet."""
    names = [file.name for file in _FOLDER.iterdir()]
    return sorted(name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX))


def page(topic: str) -> str:
    """Give a page, in Markdown.

    Args:
        topic: What it is about, in small or capital letters.

    Raises:
        SettingError: No page is; the nearest topic is named.

    >>> page("chats").startswith("# Chats: ")
    True
    """
    name = topic.lower()
    if name not in topics():
        near = nearest(name, topics())
        advice = f"; did you mean {near}?" if near else "."
        advice += " %cromicle help lists them all."
        raise SettingError(f"There is no page on {quoted(topic, 40)}{advice}")
    return (_FOLDER / f"{name}{_SUFFIX}").read_text(encoding="utf-8")


def topics_table() -> str:
    """Give a line for each topic: its name, and what its page's title says of it."""
    names = topics()
    width = max(map(len, names))
    titles = (page(name).partition("\n")[0].partition(": ")[2] for name in names)
    return "\n".join(f"{name:{width}}  {title}" for name, title in zip(names, titles, strict=True))
