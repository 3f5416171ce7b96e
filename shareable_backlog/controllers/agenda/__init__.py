"""Answer the pages of the meeting: its agenda, and agendas that were kept."""
