"""A million events through services that are killed meanwhile: nothing may be lost, doubled or different."""
