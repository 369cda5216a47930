"""Prompts: what is put in where the reader asks for it, and nothing else."""
