"""Languages of code: their names, which text is of one, and what keeps it from being read."""

from __future__ import annotations

import ast
import json
import warnings

from cromicle_magic.render.terminal import visible

__all__ = ["flaw", "is_checked", "is_json", "is_python", "proper"]

_ALIASES = {
    "python": ("py", "python3", "py3", "ipython", "ipython3", "pycon", "python-repl"),
    "bash": ("sh", "shell", "zsh", "console", "shell-session", "terminal"),
    "javascript": ("js", "node", "mjs"),
    "typescript": ("ts",),
    "json": ("json5", "jsonc", "geojson"),
    "yaml": ("yml",),
    "markdown": ("md", "mdx"),
    "c++": ("cpp", "cxx", "cc"),
    "c#": ("csharp", "cs"),
    "rust": ("rs",),
    "ruby": ("rb",),
    "html": ("htm", "xhtml"),
    "r": ("rlang",),
    "go": ("golang",),
    "tex": ("latex",),
}
_PROPER = {alias: name for name, aliases in _ALIASES.items() for alias in aliases}


def proper(language: str) -> str:
    """Give the usual name of a language, of those that it goes by.

    >>> proper("Py3"), proper("sh"), proper("cobol")
    ('python', 'bash', 'cobol')
    """
    language = language.lower()
    return _PROPER.get(language, language)


def flaw(text: str, language: str) -> str:
    r"""Say what keeps code from being read; Python and JSON are checked, nothing is run.

    Args:
        text: The code; of Python a whole cell, which may hold magics and shell lines.
        language: Its language.

    Returns:
        One sentence, or "" if it can be read or is of another language.

    >>> flaw("%time x = 1\n!ls\nawait f()", "py"), flaw("x = ", "python")
    ('', "It isn't valid Python: line 1: invalid syntax.")
    """
    if not is_checked(language):
        return ""
    return _json_flaw(text) if proper(language) == "json" else _python_flaw(text)


def is_checked(language: str) -> bool:
    """Tell whether ``flaw`` knows a language.

    >>> is_checked("py"), is_checked("sh")
    (True, False)
    """
    return proper(language) in {"python", "json"}


def is_json(text: str) -> bool:
    """Tell whether a text is JSON as a whole."""
    return not _json_flaw(text)


def is_python(text: str) -> bool:
    """Tell whether a text is Python that does something; a word or two may be a name in Python.

    >>> is_python("x = 1"), is_python("Yes")
    (True, False)
    """
    if _python_flaw(text):
        return False
    try:
        body = ast.parse(_as_python(text)).body
    except (SyntaxError, ValueError):
        return True  # it awaits outside of a function, as a cell may
    plain = (ast.Name, ast.Constant, ast.Tuple)
    return any(not (isinstance(x, ast.Expr) and isinstance(x.value, plain)) for x in body)


def _as_python(text: str) -> str:
    # Imported here, for prompts from Python need no IPython.
    from IPython.core.inputtransformer2 import TransformerManager  # noqa: PLC0415

    manager = TransformerManager()  # type: ignore[no-untyped-call]
    return manager.transform_cell(text)


def _python_flaw(text: str) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # whoever runs it will be warned
            code = _as_python(text)
            compile(code, "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except SyntaxError as error:
        line = f"line {error.lineno}: " if error.lineno else ""
        return f"It isn't valid Python: {line}{visible(error.msg)}."
    except (ValueError, RecursionError, MemoryError) as error:
        return f"It isn't valid Python: {visible(str(error))}."
    return ""


def _json_flaw(text: str) -> str:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return f"It isn't valid JSON: line {error.lineno}: {error.msg}."
    except (ValueError, RecursionError) as error:
        return f"It isn't valid JSON: {error}."
    return ""
