"""Whether versions on trial are judged as stated: how often equals are taken back, and how soon worse ones are."""
