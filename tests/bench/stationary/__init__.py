"""What is raised where nothing happens."""
