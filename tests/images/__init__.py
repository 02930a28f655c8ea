"""How large the images are, how soon they are built again, and how much memory the containers take."""
