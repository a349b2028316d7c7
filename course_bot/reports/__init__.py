"""What a coordinator gets: titled columns over plain rows, and the files that are made of them."""
