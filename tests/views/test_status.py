"""The line that tells how an answer is doing."""

from __future__ import annotations

from cromicle_magic.answer import Answer
from cromicle_magic.report import Report
from cromicle_magic.views.status import footer, noted, status_line

HOSTILE = "<img src=x onerror=alert(1)> $x$ \u202e"


def answer(state: str, *, text: str = "", engine: str = "engine", model: str = "") -> Answer:
    """Give an answer that began at second 100 and got its text at second 110."""
    made = Answer(engine, model)
    made.began_s, made.latest_s, made.chars = 100, 110, len(text)
    made.pieces.append(text)
    made.state = state  # type: ignore[assignment]
    return made


def test_it_says_who_how_long_and_how_much() -> None:
    """State, engine, model, seconds, characters, rate."""
    assert status_line(answer("waiting"), 103) == "waiting · engine · 3 s"
    line = status_line(answer("streaming", text="x" * 4_000, model="m"), 110)
    assert line == "streaming · engine · m · 10 s · 4,000 characters · 400 a second"


def test_it_tells_a_silence_as_it_grows() -> None:
    """Before the first text and between texts, but not a short pause."""
    waiting = answer("waiting")
    waiting.latest_s = waiting.began_s
    assert status_line(waiting, 102) == "waiting · engine · 2 s"
    assert status_line(waiting, 109) == "waiting · engine · 9 s · silent for 9 s"
    assert "silent" not in status_line(answer("streaming", text="x"), 112)
    assert status_line(answer("streaming", text="x"), 118).endswith(" · silent for 8 s")


def test_it_tells_of_a_retry_until_text_comes() -> None:
    """Why, when, and which one it is."""
    waiting = answer("waiting")
    waiting.hear(Report(retry="HTTP 503, asked again in 1.0 s (1 of 2)"))
    assert status_line(waiting, 101).endswith(" · 1 s · HTTP 503, asked again in 1.0 s (1 of 2)")
    waiting.state = "streaming"
    assert "503" not in status_line(waiting, 101)


def test_before_the_first_text_a_model_may_think() -> None:
    """Thinking has come, but no answer yet."""
    assert status_line(answer("streaming"), 110).startswith("thinking · ")


def test_the_footer_marks_what_was_amiss() -> None:
    """Stopped and failed answers say so; a whole one does not boast."""
    assert "engine · 10.0 s<" in footer(answer("done", text="x"))
    assert "engine · 10.0 s · stopped<" in footer(answer("stopped", text="x"))
    assert "engine · 10.0 s · failed<" in footer(answer("failed", text="x"))


def test_the_footer_tells_a_notice() -> None:
    """An answer that was cut off says so, in foreign text that is escaped and cut."""
    cut = answer("done", text="x")
    cut.notice = HOSTILE + "n" * 5_000
    assert "10.0 s · &lt;img src" in footer(cut)
    assert len(footer(cut)) < 300


def test_it_tells_what_is_waited_for() -> None:
    """Which is no silence of the server's; the seconds begin anew when the request goes out."""
    waiting = answer("waiting")
    waiting.waits_for = "waiting for an earlier answer of this chat"
    line = status_line(waiting, 140)
    assert line == "waiting · engine · 40 s · waiting for an earlier answer of this chat"
    waiting.turn_has_come()
    assert status_line(waiting, waiting.began_s + 1) == "waiting · engine · 1 s"


def test_the_notes_follow_in_their_order() -> None:
    """Below an answer, and on a line of their own in a terminal; their foreign text is escaped."""
    noted_of = answer("done", text="x")
    assert noted(noted_of) == "(engine)\n"
    assert noted(Answer()) == ""
    noted_of.notes += [f"put in: {HOSTILE}", "sent with 2 earlier turns"]
    assert "10.0 s · put in: &lt;img src" in footer(noted_of)
    assert footer(noted_of).endswith(" · sent with 2 earlier turns</div>\n")
    assert noted(noted_of).startswith("(engine · put in: <img src")
    assert noted(noted_of).endswith("⟨U+202E⟩ · sent with 2 earlier turns)\n")


def test_a_long_name_is_cut() -> None:
    """A name may be as long as whoever gave it likes, but not on the screen."""
    assert len(footer(answer("done", text="x", model="m" * 5_000))) < 300


def test_the_names_are_foreign_text() -> None:
    """Nothing in them is markup, a formula or a control."""
    html = footer(answer("done", text="x", engine=HOSTILE, model=HOSTILE))
    assert "<img" not in html
    assert "$x$" not in html
    assert "\u202e" not in html


def test_a_model_called_by_its_file_is_shown_without_the_folders() -> None:
    """As llama.cpp's server calls one; a name with a slash in it stays whole."""
    assert "engine · tiny.gguf · " in footer(answer("done", text="x", model="/home/me/x/tiny.gguf"))
    assert "engine · tiny.gguf · " in footer(answer("done", text="x", model=r"C:\models\tiny.gguf"))
    assert "engine · qwen/q3 · " in footer(answer("done", text="x", model="qwen/q3"))
