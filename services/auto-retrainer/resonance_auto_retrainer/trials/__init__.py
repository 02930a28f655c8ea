"""From a trained version to the champion: gates, shadow, A/B, bake time; and back again where it is worse."""
