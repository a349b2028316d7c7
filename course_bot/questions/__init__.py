"""How a question is written, drawn, asked and graded: one module for each kind, one table of them.

``kinds.KINDS`` is the table. A new kind is a module like ``order`` and a line there.
"""
