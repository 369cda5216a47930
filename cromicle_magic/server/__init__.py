"""An answerer on this machine, speaking the Cromicle protocol."""
