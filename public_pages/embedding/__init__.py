"""The coach's free times in a frame on other people's sites."""
