"""What the reader sees while words arrive."""
