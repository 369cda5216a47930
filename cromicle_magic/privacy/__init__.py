"""What is kept to oneself: keys, and the last look at what leaves."""
