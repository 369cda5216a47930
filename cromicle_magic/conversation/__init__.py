"""Chats: turns that follow each other, kept by the cells that asked."""
