"""Know how people prove who they are: in which browsers they did before."""
