"""Tables that came from outside, XLSX and CSV: read within limits, as rows of cells.

It knows nothing of what the tables are about. Whatever the bytes are, they become a table or one
typed error with its reason.
"""
