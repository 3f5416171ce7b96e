"""Measure the program itself: how soon it starts and answers, what its commands take."""
