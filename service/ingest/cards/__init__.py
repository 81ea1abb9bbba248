"""Cards, headers and runs that tell of a model or a dataset itself: what it is, what it was made from, under what terms."""
