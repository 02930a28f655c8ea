"""The Compose project under steady traffic: whether memory and file descriptors stay flat, and nothing is lost."""
