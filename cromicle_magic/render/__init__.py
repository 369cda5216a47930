"""Foreign words made safe to show: pure functions, without any input or output.

Nothing is imported here. `terminal` and `plain` need the standard library only; `markdown` and
`blocks` bring markdown-it-py, nh3 and Pygments along, so import them late, with an answer to show.
"""

from __future__ import annotations

__all__: list[str] = []
