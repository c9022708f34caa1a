ACCENTS = ("teal", "blue", "indigo", "plum", "rose", "clay", "green", "graphite")
"""The accents a coach may choose; each is a block of the stylesheet's tokens."""
