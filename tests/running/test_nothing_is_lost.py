"""Nothing is lost: what arrives while a prompt runs is handled, in order, one cell at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.buttons import BUTTON, opening
from support.peers import END, HEAD, Gate, Visit, chunk, peer

if TYPE_CHECKING:
    from support.kernels import Kernel

WAYS = {
    "awaited": "%%cromicle --url {url}\nHi",
    "nested in %%time": "%%time\n%%cromicle --url {url}\nHi",
    "nested in a function": (
        "def ask(): get_ipython().run_cell_magic('cromicle', '--url {url}', 'Hi')\nask()"
    ),
    "a loop over prompts": (
        "for n in range(3): get_ipython().run_cell_magic('cromicle', '--url {url}', f'Hi {{n}}')"
    ),
    "nested in %%capture": "%%capture\n%%cromicle --url {url}\nHi",
}

# Each cell opens a bracket and closes it; one within another would show.
BRACKETS = """
def opens(*_): log.append("(")
def closes(*_): log.append(")")
get_ipython().events.register("pre_run_cell", opens)
get_ipython().events.register("post_run_cell", closes)
"""
LOG = """
get_ipython().events.unregister("pre_run_cell", opens)
get_ipython().events.unregister("post_run_cell", closes)
print("".join(log))
"""


@pytest.mark.parametrize("way", WAYS)
def test_queued_cells_and_a_click_are_all_handled(each_nest: Kernel, way: str) -> None:
    """Two cells wait behind a prompt that only a click on a widget can end."""
    clicked = Gate()

    async def script(visit: Visit) -> None:
        await visit.send(HEAD, chunk("word"))
        await clicked.wait()
        await visit.send(END)

    with peer(script) as server, opening(clicked) as port:
        button = each_nest.run(BUTTON.format(port=port)).stdout
        each_nest.run(BRACKETS)
        cells = [WAYS[way].format(url=server.url), "print('second')", "print('third')"]
        first, second, third = [each_nest.submit(cell) for cell in cells]
        server.visit()
        each_nest.click(button)
        if way == "nested in %%capture":
            clicked.open()  # a click waits there, as for any other cell
        assert each_nest.finish(first).status == "ok"
        assert each_nest.finish(second).stdout == "second\n"
        assert each_nest.finish(third).stdout == "third\n"
        log = each_nest.run(LOG).stdout
        if way == "nested in %%capture":  # which runs its cell as one within its own
            assert log.replace("click", "") == ")(())()()(\n"
            assert log.count("click") == 1
        else:
            assert log == ")(click)()()(\n"
