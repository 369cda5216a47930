"""What a reader may type on the magic's line, and what is done about it."""
