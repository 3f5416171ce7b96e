"""Turn Linear's markdown into safe HTML."""
