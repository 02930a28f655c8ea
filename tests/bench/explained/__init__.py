"""Every anomaly has its explanation, soon, through the death of xai."""
