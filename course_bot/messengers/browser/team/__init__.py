"""The coordinator's page: reports rendered on the server, which need no JavaScript."""
