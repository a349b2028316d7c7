"""What is said: moves in, replies out; one module for each area of talk."""
