"""Who can answer: classes that turn messages into a stream of text."""
