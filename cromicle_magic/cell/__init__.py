"""One prompt cell's way, from what it asks to what is left of it.

``question`` settles what is asked; ``answering`` chooses who shows the answer and follows it to its
end; ``errand`` waits for the question's turn in its chat, and takes note of the end; ``outcome``
takes out of the answer what the cell wants of it; ``sent`` shows what goes or went out.
"""
