"""What a reader sees of an answer, in a real JupyterLab and a real Notebook 7."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.answers import Paced
from support.lab import running_lab
from support.notebooks import copy_as_stranger, write_notebook
from support.peers import Gate, peer, whole
from support.scripts import gated, silent

if TYPE_CHECKING:
    from support.browser import Browser
    from support.lab import Lab
    from support.page import NotebookPage

LOAD = "%load_ext cromicle_magic"
RICH = (Path(__file__).parent / "rich.md").read_text("utf-8")


def words(count: int) -> str:
    """Give numbered words in short paragraphs, so that each can be looked for."""
    numbered = [f"w{number:05}" for number in range(count)]
    return "\n\n".join(" ".join(numbered[at : at + 30]) for at in range(0, count, 30))


# Looks ten times a second whether the words shown are those from the first on, each once.
LOOK = """([path, n]) => {
  self.__looks = []; self.__faults = [];
  const look = () => {
    const shown = (__lab.outputs(path, n).textContent.match(/w\\d{5}/g) ?? []);
    const fault = shown.findIndex((word, at) => Number(word.slice(1)) !== at);
    if (fault >= 0) self.__faults.push(shown.slice(Math.max(0, fault - 2), fault + 2).join(' '));
    if (shown.length < self.__looks.at(-1) - 3) self.__faults.push('fewer than before');
    self.__looks.push(shown.length);
    setTimeout(look, 100);
  };
  look();
}"""


# Notes what the page sends to the kernel.
LISTEN = """path => {
  self.__sent = [];
  __lab.kernel(path).anyMessage.connect((_, {msg, direction}) => {
    if (direction === 'send') self.__sent.push(msg.header.msg_type);
  });
}"""


def opened(lab: Lab, browser: Browser, name: str, *cells: str) -> NotebookPage:
    """Open a notebook of these cells, behind one that has loaded the extension."""
    write_notebook(lab.folder / name, [LOAD, *cells])
    page = browser.open(lab, name)
    page.run(0)
    return page


def fluid(lab: Lab, browser: Browser, name: str) -> tuple[float, float]:
    """Stream 20,000 characters at 200 chunks a second, and see that each is shown, and once.

    Returns:
        How long after the last chunk it was painted, in seconds, and the typing latency's 95th
        percentile in another cell, in milliseconds.
    """
    text = words(2_850)
    stream = Paced(text, chunk_chars=4, per_s=200)
    with peer(stream) as server:
        page = opened(lab, browser, name, f"%%cromicle --url {server.url}\nHi", "")
        page.page.evaluate(LOOK, [page.name, 1])
        page.watch_for(1, "w02849")
        page.page.evaluate(LISTEN, page.name)
        page.start(1)
        page.wait_for_text(1, "w00100")
        latency = page.typing_latency(2, "some words to type meanwhile, while it streams")
        page.wait_until_done(1)
    assert page.page.evaluate("() => self.__faults") == []
    assert page.page.evaluate("() => new Set(self.__looks).size") > 30
    assert page.text(1).split()[:2850] == text.split()
    assert len(page.htmls(1)) == 1
    # JupyterLab opens and closes a subshell for the widget by itself.
    sent = page.page.evaluate("() => self.__sent")
    assert [kind for kind in sent if not kind.endswith("_subshell_request")] == ["execute_request"]
    assert len(sent) <= 3
    lag_s = page.painted_at("w02849") - stream.ended_s
    page.close()
    return lag_s, latency.p95_ms


@pytest.mark.timeout(240)
def test_a_stream_is_fluid_and_whole(lab: Lab, browser: Browser) -> None:
    """Painted at once, and typing stays quick; the best of three counts, for machines are noisy."""
    seen = []
    for attempt in range(3):
        lag_s, p95_ms = fluid(lab, browser, f"fluid-{attempt}.ipynb")
        print(f"lag {lag_s:.3f} s, typing p95 {p95_ms:.0f} ms")
        seen.append(lag_s < 0.4 and p95_ms <= 50)
        if seen[-1]:
            break
    assert any(seen)


def long(lab: Lab, browser: Browser, name: str) -> float:
    """Stream 200,000 characters at 2,000 chunks a second, and see that each is shown, and once.

    Returns:
        The longest time for which the page stood still, in milliseconds.
    """
    text = words(28_500)
    with peer(Paced(text, chunk_chars=4, per_s=2_000)) as server:
        page = opened(lab, browser, name, f"%%cromicle --url {server.url}\nHi")
        page.page.evaluate(LOOK, [page.name, 1])
        with page.freezes() as longest_ms:
            page.start(1)
            page.wait_until_done(1)
    assert page.page.evaluate("() => self.__faults") == []
    assert page.text(1).split()[:28_500] == text.split()
    assert len(page.htmls(1)) <= 45
    page.close()
    return longest_ms[0]


@pytest.mark.timeout(240)
def test_a_long_stream_freezes_nothing(lab: Lab, browser: Browser) -> None:
    """Complete, in 45 outputs at most, and never still for a second; the best of two counts."""
    freezes_ms = []
    for attempt in range(2):
        freezes_ms.append(long(lab, browser, f"long-{attempt}.ipynb"))
        print(f"longest freeze {freezes_ms[-1]:.0f} ms")
        if freezes_ms[-1] <= 1_000:
            break
    assert min(freezes_ms) <= 1_000


def test_stop_is_a_button_for_the_keyboard_too(lab: Lab, browser: Browser) -> None:
    """It has a name, takes the focus, ends the answer, and the footer says so."""
    with peer(silent) as server:
        page = opened(lab, browser, "stop.ipynb", f"%%cromicle --url {server.url}\nHi", "1 + 1")
        page.start(1)
        page.wait_for_text(1, "word")
        page.wait_for_text(1, f"streaming · {server.url}")
        button = page.output(1).get_by_role("button", name="Stop", exact=True)
        button.focus()
        page.page.keyboard.press("Enter")
        page.wait_until_done(1)
        assert server.visit().gone.wait(5)
    assert re.fullmatch(rf"word\s+{server.url} · \d\.\d s · stopped\s*", page.text(1))
    assert "button" not in page.html(1)
    page.run(2)
    assert page.text(2).strip() == "2"
    page.close()


def test_silence_is_told_as_it_grows(lab: Lab, browser: Browser) -> None:
    """A reader sees since when nothing has come."""
    with peer(silent) as server:
        page = opened(lab, browser, "silence.ipynb", f"%%cromicle --url {server.url}\nHi")
        page.start(1)
        page.wait_for_text(1, "silent for ")
        page.wait_for_text(1, "silent for 1")  # 10 seconds or more: a busy machine skips some
        page.interrupt()
        page.wait_until_done(1)
    assert "KeyboardInterrupt: 5 characters were received and are kept." in page.text(1)
    page.close()


def assert_rich(page: NotebookPage, cell: int) -> None:
    """Check that the rich answer is all there, laid out, and nothing else."""
    output = page.output(cell)
    for selector in ("h1", "ol li ul li", "blockquote", "table td", "s", "strong", "pre .k"):
        assert output.locator(selector).count(), selector
    page.page.wait_for_function(
        "([path, n]) => __lab.outputs(path, n).querySelectorAll('mjx-container').length === 4",
        arg=[page.name, cell],
    )
    text = page.text(cell)
    for told in (
        "☐ open",
        "☑ done",
        "$5 and $6",
        "image: cat (img.invalid)",
        "<script>",
        "the end",
    ):
        assert told in text, told
    assert "widget" not in page.html(cell)
    assert not output.locator("img, script, input").count()


def test_the_answer_stays(lab: Lab, browser: Browser) -> None:
    """Saved and reopened with a fresh kernel, with none, untrusted, and exported."""
    with peer(whole(RICH)) as server:
        page = opened(lab, browser, "stays.ipynb", f"%%cromicle --url {server.url}\nHi")
        page.run(1)
    assert_rich(page, 1)
    saved = page.save()
    assert "widget" not in saved.read_text()
    page.reopen("fresh")
    assert_rich(page, 1)
    page.reopen("none")
    assert_rich(page, 1)
    page.close()
    copy_as_stranger(saved, lab.folder / "stays-stranger.ipynb")
    stranger = browser.open(lab, "stays-stranger.ipynb")
    assert not stranger.is_trusted(1)
    assert_rich(stranger, 1)
    assert stranger.record.strayed == []
    stranger.close()
    for kind in ("html", "markdown"):
        command = ["-m", "nbconvert", "--to", kind, "--log-level", "ERROR", str(saved)]
        subprocess.run([sys.executable, *command], check=True, timeout=60)
    for exported in (saved.with_suffix(".html"), saved.with_suffix(".md")):
        assert "<h1>A heading</h1>" in exported.read_text()
        assert "the end" in exported.read_text()


def test_in_a_narrow_window_the_button_stays_whole(lab: Lab, browser: Browser) -> None:
    """The status line gives way, and goes below it."""
    with peer(silent) as server:
        page = opened(lab, browser, "narrow.ipynb", f"%%cromicle --url {server.url}\nHi")
        page.page.set_viewport_size({"width": 480, "height": 800})
        page.start(1)
        page.wait_for_text(1, "characters")
        button = page.output(1).get_by_role("button", name="Stop", exact=True)
        assert button.evaluate("each => each.scrollWidth <= each.clientWidth")
        page.click(1, "Stop")
        page.wait_until_done(1)
    page.close()


def test_a_formula_keeps_its_place(lab: Lab, browser: Browser) -> None:
    """It stands in the middle of the whole width, while the answer grows and after its end."""
    middle = "each => { const box = each.getBoundingClientRect(); return box.left + box.right; }"
    gate = Gate()
    with peer(gated(gate, "Text.\n\n$$x^2$$\n\nmore\n\n", "end")) as server:
        page = opened(lab, browser, "formula.ipynb", f"%%cromicle --url {server.url}\nHi")
        formula = page.output(1).locator("mjx-math")
        page.start(1)
        page.wait_for_text(1, "more")
        live = formula.evaluate(middle)
        gate.open()
        page.wait_until_done(1)
    assert abs(formula.evaluate(middle) - live) < 2
    page.close()


def test_thinking_is_folded(lab: Lab, browser: Browser) -> None:
    """While it thinks and after: one line to open, no part of the answer."""
    gate = Gate()

    with peer(gated(gate, "<think>secret <b>tho", "ughts</think>\n\nThe answer.")) as server:
        cells = (f"%%cromicle -o a --url {server.url}\nHi", "print(a, '|', _cromicle.reasoning)")
        page = opened(lab, browser, "think.ipynb", *cells)
        page.start(1)
        page.wait_for_text(1, "Reasoning, 13 characters")
        page.wait_for_text(1, "thinking · ")
        assert "secret" not in page.text(1)
        gate.open()
        page.wait_until_done(1)
    assert "Reasoning, 18 characters" in page.text(1)
    assert "The answer." in page.text(1)
    assert "secret" not in page.text(1)
    page.output(1).locator("summary").click()
    page.wait_for_text(1, "secret <b>thoughts")
    # A frontend's own rule for text of this kind breaks lines within words.
    style = "each => getComputedStyle(each).wordBreak"
    assert page.output(1).locator("pre").evaluate(style) == "normal"
    page.run(2)
    assert page.text(2).strip() == "The answer. | secret <b>thoughts"
    page.close()


def test_a_reload_keeps_what_was_settled(lab: Lab, browser: Browser) -> None:
    """A page reloaded in mid-stream, and the whole answer shown again under another cell."""
    gate, text = Gate(), words(900)
    half = len(text) // 2

    with peer(gated(gate, text[:half], text[half:])) as server:
        cells = (f"%%cromicle --url {server.url}\nHi", "%cromicle show")
        page = opened(lab, browser, "reload.ipynb", *cells)
        page.start(1)
        page.wait_for_text(1, text[: half - 20].split()[-1])
        page.wait_for_outputs(1, 2)  # comm messages overtake outputs in a busy page
        assert "w00000" in page.save().read_text()
        page.page.reload(wait_until="commit")
        page.page.wait_for_function("path => __lab.isShown(path)", arg=page.name)
        page.look_at(1)
        page.wait_for_text(1, "w00000")
        settled = re.findall(r"w\d{5}", page.text(1))
        assert len(settled) > 100
        assert settled == text.split()[: len(settled)]
        gate.open()
        page.wait_until_idle()
    page.run(2)
    assert re.findall(r"w\d{5}", page.text(2)) == text.split()
    assert len(page.htmls(2)) == 1
    page.close()


def test_code_has_the_colours_of_the_theme(lab: Lab, browser: Browser) -> None:
    """A keyword has the editor's own colour, in the light theme and in the dark one."""
    with peer(whole(RICH)) as server:
        page = opened(lab, browser, "theme.ipynb", f"%%cromicle --url {server.url}\nHi")
        page.run(1)
    colours = []
    for theme in ("light", "dark"):
        page.use_theme(theme)  # type: ignore[arg-type]
        keyword = page.output(1).locator("pre .k").first
        colours.append(keyword.evaluate("node => getComputedStyle(node).color"))
        expected = page.page.evaluate("""() => {
            const probe = document.body.appendChild(document.createElement('i'));
            probe.style.color = 'var(--jp-mirror-editor-keyword-color)';
            const colour = getComputedStyle(probe).color;
            probe.remove();
            return colour;
        }""")
        assert colours[-1] == expected
    assert colours[0] != colours[1]
    page.use_theme("light")
    page.close()


@pytest.mark.timeout(180)
def test_notebook_7_shows_the_same(browser: Browser, tmp_path: Path) -> None:
    """It streams, stops, saves and reopens there, too."""
    with (
        peer(silent) as still,
        peer(whole(RICH)) as server,
        running_lab(tmp_path, app="notebook") as lab,
    ):
        cells = (f"%%cromicle --url {still.url}\nHi", f"%%cromicle --url {server.url}\nHi")
        page = opened(lab, browser, "seven.ipynb", *cells)
        page.start(1)
        page.wait_for_text(1, "word")
        page.click(1, "Stop")
        page.wait_until_done(1)
        assert "stopped" in page.text(1)
        page.run(2)
        assert_rich(page, 2)
        page.save()
        page.reopen("none")
        assert_rich(page, 2)
        page.close()
