"""What does each JSON document hold? Its type; the files of configs/schemas/ are made from them."""
