"""What the docstrings of the package tell, compared with what the code does."""

from __future__ import annotations

import ast
import inspect
import pkgutil
import re
from importlib import import_module
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest

import cromicle_magic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

MODULES = [
    import_module(found.name)
    for found in pkgutil.walk_packages(cromicle_magic.__path__, "cromicle_magic.")
    if not found.name.endswith("__main__")
]
# A summary that begins so tells what is returned; a section would say it again.
GIVING = ("Give", "Tell", "Say", "Name", "List", "Make", "Describe")


def public(module: ModuleType) -> Iterator[tuple[str, Any, Any]]:
    """Give what a module defines for others: its name, itself, and the class that it is in."""
    for name in getattr(module, "__all__", ()):
        thing = getattr(module, name)
        if getattr(thing, "__module__", "") != module.__name__ or not callable(thing):
            continue
        if inspect.isfunction(thing) or inspect.isclass(thing):
            yield f"{module.__name__}.{name}", thing, None
        for attribute, value in vars(thing).items() if inspect.isclass(thing) else ():
            function = getattr(value, "fget", None) or getattr(value, "__func__", value)
            if inspect.isfunction(function) and not attribute.startswith("_"):
                yield f"{module.__name__}.{name}.{attribute}", value, thing


THINGS = [thing for module in MODULES for thing in public(module)]
PROTOCOLS = [kind for _, kind, _ in THINGS if getattr(kind, "_is_protocol", False)]


def is_promised(name: str, owner: type | None) -> bool:
    """Tell whether a method only keeps what a base of its class, or a protocol, has promised."""
    bases = [*owner.__mro__[1:], *PROTOCOLS] if owner else []
    return any(name in vars(base) for base in bases if base is not owner)


def own(function: Callable[..., Any]) -> Iterator[ast.AST]:
    """Give what a function's body consists of, without the functions in it."""
    (tree,) = ast.parse(dedent(inspect.getsource(function))).body
    waiting: list[ast.AST] = [*tree.body]  # type: ignore[attr-defined]
    while waiting:
        yield (node := waiting.pop())
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            waiting += ast.iter_child_nodes(node)


def lacking(function: Callable[..., Any]) -> set[str]:
    """Give the sections that a docstring should have and has not."""
    text = inspect.cleandoc(function.__doc__ or "")
    told = set(re.findall(r"^(Args|Returns|Yields|Raises):$", text, re.MULTILINE))
    signature, body = inspect.signature(function), list(own(function))
    taken = [name for name in signature.parameters if name not in {"self", "cls"}]
    taken = [name for name in taken if not name.startswith("_")]
    wanted = set()
    # Of one argument a single sentence may tell all.
    if len(taken) > 1 or (taken and told):
        wanted.add("Args")
    if any(isinstance(node, ast.Raise) and node.exc for node in body):
        wanted.add("Raises")
    if any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in body):
        is_block = "contextmanager" in inspect.getsource(function).partition("def ")[0]
        wanted |= set() if is_block else {"Yields"}
    elif signature.return_annotation not in {"None", "NoReturn"} and "Yields" not in told:
        wanted |= set() if text.startswith(GIVING) else {"Returns"}
    return wanted - told


@pytest.mark.parametrize(("name", "thing", "owner"), THINGS, ids=[name for name, *_ in THINGS])
def test_it_tells_what_it_takes_gives_and_raises(name: str, thing: Any, owner: type | None) -> None:
    """Each public function, method and class has a docstring, and functions their sections."""
    function = getattr(thing, "__func__", thing)
    assert thing.__doc__
    if inspect.isfunction(function) and not is_promised(name.rpartition(".")[2], owner):
        assert not lacking(function)
