"""A tiny model whose every word is known beforehand, written as a GGUF file.

Its embedding has one dimension a token, attention and feed-forward are zero, and the output matrix
leads each token to its successor. So it says one text to any prompt, byte by byte, and a character
of several bytes is cut across tokens.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import gguf
import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["write_model"]

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


def write_model(path: Path, *says: str, context: int = 512, is_endless: bool = False) -> None:
    """Write a model.

    Args:
        path: The file.
        *says: What the model says to any prompt that ends in none of its letters, for each
            leads to the next; no byte may come twice, and the marks of
            thinking are arguments of their own.
        context: How many tokens fit, those of the prompt included.
        is_endless: Whether it begins anew at the end, until it is stopped.
    """
    answer = [token for part in says for token in _tokens(part)]
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


def _tokens(part: str) -> list[int]:
    return [TOKENS.index(part)] if part in MARKS else [FIRST_BYTE + b for b in part.encode()]


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
