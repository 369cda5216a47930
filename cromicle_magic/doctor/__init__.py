"""The doctor: the way to whoever would answer, checked step by step."""
