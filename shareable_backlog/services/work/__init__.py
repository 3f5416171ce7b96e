"""Say what is being worked on, what comes next and what is done: in a cycle, by a team, and so on."""
