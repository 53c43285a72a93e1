"""Pages to read: the class for its teacher, and a lab for its student."""
