"""Read projects, teams and labels."""
