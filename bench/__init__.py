"""The benchmark: what Pressrun does beside the limit that was measured in the same run."""
