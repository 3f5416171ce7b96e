"""The list and the board: the page, what it is called, and the numbers that it is kept with."""
