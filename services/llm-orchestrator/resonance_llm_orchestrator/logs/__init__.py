"""The task `analyze_logs`: from lines to templates, a severity by rule, likely causes, words."""
