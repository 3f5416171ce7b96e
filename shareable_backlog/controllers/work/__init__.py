"""Pages of what items belong to: a cycle, a team, a label, a person."""
