"""What must hold of all objects of an overlay together: each check gives a sentence for each fault that it finds."""
