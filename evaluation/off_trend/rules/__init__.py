"""What can be wrong with a checkpoint? Each rule with its page, its level and its finder."""
