"""Lists, boards and pictures in slides: large type for a room, turned by keys, a clicker or links."""
