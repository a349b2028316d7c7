"""The statistics sheet that Sferum gives out: read without trusting it, judged by FAQ 6."""
