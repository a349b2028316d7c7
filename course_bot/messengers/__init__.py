"""Where it is said: each messenger carries moves to the conversation and shows what comes back."""
