"""Bytes in, words out: what travels between client and server, without any input or output."""
