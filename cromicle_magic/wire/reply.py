"""A reply in OpenAI's protocol, whichever form it takes: events, one object, or no answer at all.

The form is told by the first byte, for engines label it as they please: no line of a stream of
events that means anything begins with a brace, a bracket or an angle.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from typing import TYPE_CHECKING

from cromicle_magic.errors import ProtocolError, TruncatedError
from cromicle_magic.render.terminal import quoted
from cromicle_magic.wire.faults import Fault, sentence
from cromicle_magic.wire.openai import DONE, Words, words_in
from cromicle_magic.wire.sse import MAX_EVENT_BYTES, EventDecoder
from cromicle_magic.wire.text import PairDecoder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cromicle_magic.wire.sse import Event

__all__ = ["ReplyDecoder"]

# Some servers put a mark of byte order before all that they send; JSON's readers may leave it out,
# by RFC 8259, section 8.1.
_BLANKS = b" \t\r\n" + BOM_UTF8
_OPENING_BYTES = 200


class ReplyDecoder:
    """Read the words of a reply whose bytes are cut anywhere.

    Attributes:
        is_done: Whether the stream said that it ends here, so that nothing more need be read.
        has_finished: Whether the answer is whole, though more, such as the counts, may come.
    """

    def __init__(self) -> None:
        self.is_done: bool = False
        self.has_finished: bool = False
        self._opening = b""
        self._events = EventDecoder()
        self._body = bytearray()
        self._model = ""
        self._has_events = False
        self._text, self._thought = PairDecoder(), PairDecoder()

    def decode(self, data: bytes) -> Words:
        """Give what the next bytes say, all of it together.

        Args:
            data: The next bytes, any number of them.

        Returns:
            The words, empty ones while nothing is complete; behind a fault nothing is read.

        Raises:
            ProtocolError: One event, or the one object, is too large to be an answer.
        """
        if not self._opening:
            data = data.lstrip(_BLANKS)
        if len(self._opening) < _OPENING_BYTES:
            self._opening += data[: _OPENING_BYTES - len(self._opening)]
        if self._opening.startswith(b"<"):
            return Words(fault=self._alien("sent a web page, no answer; check the url. It begins"))
        if not self._opening.startswith((b"{", b"[")):
            return self._joined(self._read(self._events.decode(data)))
        self._body += data
        if len(self._body) > MAX_EVENT_BYTES:
            text = (
                f"More than {MAX_EVENT_BYTES // 2**20} MiB of JSON came, no answer; check the url."
            )
            raise ProtocolError(text)
        return Words()

    def flush(self) -> Words:
        """Give what the end leaves over; a stream that is not whole ends in a fault.

        A stream ends with a finish reason or with the mark ``[DONE]``; one with neither was cut,
        whatever HTTP says: Ollama ends so when a model fails behind its first token.
        """
        said = [self._whole()] if self._body else list(self._read(self._events.flush()))
        if not self._body and not (self.has_finished or self.is_done):
            # The last event may be half of one, which is no news.
            said = [words for words in said if words.text or words.thought]
            said.append(Words(fault=self._cut()))
        left = Words(text=self._text.flush(), thought=self._thought.flush())
        last = self._joined(said)
        return last._replace(text=last.text + left.text, thought=last.thought + left.thought)

    def _read(self, events: list[Event]) -> Iterator[Words]:
        for event in events:
            self._has_events = True
            if self.is_done or event.data.isspace() or not event.data:
                continue
            if event.data.strip() == DONE:
                self.is_done = True
                return
            words = words_in(event.data)
            if event.type == "error" and (words.fault is None or words.fault.kind is ProtocolError):
                said = quoted(sentence(event.data))
                words = words._replace(fault=Fault(f"replied with an error: {said}"))
            self.has_finished = self.has_finished or bool(words.finish)
            yield words
            if words.fault:
                return

    def _joined(self, said: Iterable[Words]) -> Words:
        """Join what came together, and the halves of characters across all that came."""
        texts, thoughts = [], []
        usage, finish, fault = None, "", None
        model = self._model
        for words in said:
            texts.append(words.text)
            thoughts.append(words.thought)
            model, usage = words.model or model, words.usage or usage
            finish, fault = words.finish or finish, words.fault
        text = self._text.decode("".join(texts))
        thought = self._thought.decode("".join(thoughts))
        # Engines name the model in every event; it is told when it changes.
        news = "" if model == self._model else model
        self._model = model
        return Words(text, thought, news, usage, finish, fault)

    def _whole(self) -> Words:
        words = words_in(bytes(self._body))
        if words.fault or words.text or words.thought or words.finish:
            return words
        return Words(fault=self._alien("sent JSON that holds no answer; check the url. It begins"))

    def _cut(self) -> Fault:
        if self._has_events or not self._opening:
            text = "ended its answer with neither a finish reason nor [DONE]; ask again."
            return Fault(text, TruncatedError)
        return self._alien("sent no events; does it speak OpenAI's protocol? It says")

    def _alien(self, text: str) -> Fault:
        said = quoted(self._opening.decode("utf-8", "replace"))
        return Fault(f"{text}: {said}", ProtocolError)
