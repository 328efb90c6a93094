"""A whole site of hostile text, and what readers of each kind make of it: browsers, feed readers, search engines."""
