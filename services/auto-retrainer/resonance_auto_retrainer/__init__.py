"""The auto-retrainer: gathers ordinary vectors, trains, exports, checks, stores and promotes models."""
