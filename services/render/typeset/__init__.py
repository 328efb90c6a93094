"""From contexts to what templates show: words, dates and addresses, all pure."""
