"""Who does what was decided: plug-ins behind one interface."""
