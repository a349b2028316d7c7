"""The browser door: a chat page that needs no account, no token and no installation."""
