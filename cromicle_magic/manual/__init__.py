"""The manual: a page of Markdown for each topic, read where the reader is, and what finds it."""
