"""Write down all that the product answers, so that two versions of it can be compared.

    .venv/bin/python -m tests.support.snapshot FOLDER

writes every page, export, answer of the API and result of a form for each persona, the texts of the command line and
the schema into FOLDER, which is emptied first. `diff -r BEFORE AFTER` then shows what a change of the code means for
people. Two runs of one version differ in nothing: the clock stands still, and what is random has a placeholder.

It asks the program from outside, so this folder can be copied into an older checkout and run there. It needs a C
compiler, for the clock, and nothing else that the tests do not need.
"""
