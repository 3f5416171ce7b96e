"""Read what the agenda of a meeting is made of, and keep agendas as they were."""
