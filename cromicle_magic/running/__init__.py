"""How an answer runs in the reader's kernel, which stays the reader's."""
