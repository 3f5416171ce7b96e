"""Say as data which items are asked for, decide by which indexes they are found, and write the statement once."""
