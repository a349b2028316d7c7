"""A training course that people take in the messenger they already use.

Where things are, and which way imports point (each package imports only those before it):

- ``locale``, ``settings``: the interface's phrases; what the environment says.
- ``signs``, ``markup``, ``written``, ``typed``: signs that nobody should see; the little Markdown
  that authors write; what their forms are made of; what people type.
- ``spreadsheet``: tables that came from outside, read within limits.
- ``questions``: how a question is written, drawn, asked and graded; one module for each kind.
- ``content``: what is taught. Lesson files become one checked, frozen ``Course``.
- ``organisations``: where people learn. The tree of organisations, and its files.
- ``learning``: how one learns. Pure functions: no I/O, no clock, no randomness of their own.
- ``storage``: what is remembered. The only package that knows SQLAlchemy.
- ``reports``: what a coordinator gets. Titled columns over rows, and the files made of them.
- ``conversation``: what is said. Moves in, replies out; one module for each area of talk.
- ``messengers``: where it is said. MAX, Telegram and the browser.
- ``exporter``: files of reports, made in a process of their own.
- ``database``: the database that the settings name, opened or refused in one line.
- ``chores``: what is done by the clock.
- ``app``: the only place that builds the parts and connects them.
- ``commands``: what each command does, and what is read at the console of it.
- ``cli``: the command line.
"""
