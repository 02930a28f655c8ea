"""Events into columns, in order, acknowledged when stored."""
