"""From results to marks: the gradebook, the rules of a course, and who moved in a regrading."""
