"""The predictor: from feature vectors to findings, incidents and alerts.

The domain (every module but `service`, `endpoint`, `questioning`, `settings` and `__main__`) does no I/O and reads no
clock: what it says is a function of the input records in their order, and of the rules and scorer in force.
"""
