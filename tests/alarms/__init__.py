"""Breaks a running stack in one way after another; each alert has to reach its receiver, and to be over again."""
