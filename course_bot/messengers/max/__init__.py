"""The MAX door: the Bot API's updates become moves, replies become messages edited in place."""
