"""Actions about incidents: listed, proposed by hand, decided on."""
