"""A real engine: llama.cpp's own server, with a tiny model whose every word is known beforehand.

The model is written here: its embedding has one dimension a token, attention and feed-forward are
zero, and the output matrix leads each token to its successor. So it says one text to any prompt,
byte by byte, and a character of several bytes is cut across tokens. The only file that knows
xllamacpp, whose interface changes from release to release.
"""

from __future__ import annotations

from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING

import gguf
import numpy as np
import xllamacpp

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["engine"]

UNKNOWN, BEGIN, END, FIRST_BYTE = 0, 1, 2, 3
MARKS = ("<think>", "</think>")
TOKENS = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *MARKS]
KIND = gguf.TokenType
KINDS = [KIND.UNKNOWN, KIND.CONTROL, KIND.CONTROL] + [KIND.BYTE] * 256 + [KIND.USER_DEFINED] * 2
WIDTH = 288  # the tokens, rounded up to what llama.cpp can multiply
TEMPLATE = "{% for message in messages %}{{ message.content }}{% endfor %}"
# The engine parts thinking from an answer only for a template that shows how a turn with thinking
# is written.
THINKING = (
    "{% for message in messages %}{% if message.reasoning_content %}"
    "<think>{{ message.reasoning_content }}</think>{% endif %}{{ message.content }}{% endfor %}"
)


@contextmanager
def engine(folder: Path, *says: str, context: int = 512, is_endless: bool = False) -> Iterator[str]:
    """Run the engine on a free port of loopback, with one slot.

    Args:
        folder: Where to write the model.
        *says: What the model says to any prompt that ends in none of its letters, for each
            leads to the next; no byte may come twice, and the marks of
            thinking are arguments of their own.
        context: How many tokens fit, those of the prompt included.
        is_endless: Whether it begins anew at the end, until it is stopped.

    Yields:
        Its address.
    """
    path = folder / "tiny.gguf"
    _write(
        path, [token for part in says for token in _tokens(part)], context, is_endless=is_endless
    )
    params = xllamacpp.CommonParams()
    params.model.path, params.n_ctx, params.n_parallel = str(path), context, 1
    params.port, params.warmup, params.verbosity = 0, False, -1
    server = xllamacpp.Server(params)
    yield server.listening_address
    del server  # which ends it


def _tokens(part: str) -> list[int]:
    return [TOKENS.index(part)] if part in MARKS else [FIRST_BYTE + b for b in part.encode()]


def _write(path: Path, answer: Sequence[int], context: int, *, is_endless: bool) -> None:
    assert len(set(answer)) == len(answer)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(context)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(32)
    writer.add_head_count(1)
    writer.add_head_count_kv(1)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH)
    _add_vocabulary(writer, THINKING if TOKENS.index(MARKS[0]) in answer else TEMPLATE)
    successors = dict.fromkeys(range(len(TOKENS)), answer[0])
    successors |= dict(pairwise([*answer, answer[0] if is_endless else END]))
    for name, values in _tensors(successors).items():
        writer.add_tensor(name, values.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_vocabulary(writer: gguf.GGUFWriter, template: str) -> None:
    writer.add_tokenizer_model("llama")
    writer.add_vocab_size(len(TOKENS))
    writer.add_token_list(TOKENS)
    writer.add_token_scores([0.0] * len(TOKENS))
    writer.add_token_types(KINDS)
    writer.add_unk_token_id(UNKNOWN)
    writer.add_bos_token_id(BEGIN)
    writer.add_eos_token_id(END)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(template)


def _tensors(successors: dict[int, int]) -> dict[str, np.ndarray]:
    size = len(TOKENS)
    output = np.zeros((size, WIDTH))
    output[list(successors.values()), list(successors)] = 10
    zeros = dict.fromkeys(("attn_q", "attn_k", "attn_v", "attn_output"), (WIDTH, WIDTH))
    zeros |= dict.fromkeys(("ffn_gate", "ffn_up"), (32, WIDTH)) | {"ffn_down": (WIDTH, 32)}
    return {
        "token_embd.weight": np.eye(size, WIDTH),
        "output.weight": output,
        "output_norm.weight": np.ones(WIDTH),
        "blk.0.attn_norm.weight": np.ones(WIDTH),
        "blk.0.ffn_norm.weight": np.ones(WIDTH),
        **{f"blk.0.{name}.weight": np.zeros(shape) for name, shape in zeros.items()},
    }
