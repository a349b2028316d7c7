"""Who belongs where: the tree of organisations, who is what in it, what is assigned there."""
