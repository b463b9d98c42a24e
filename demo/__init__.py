"""A believable shop export, made from a fixed seed, with queries and graded judgments."""
