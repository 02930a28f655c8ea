"""What the gateway tells operators: typed events, and a watcher that receives them."""
