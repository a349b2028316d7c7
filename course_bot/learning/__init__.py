"""How one learns: pure functions, without I/O, a clock or randomness of their own."""
