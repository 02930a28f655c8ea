"""What is found of the incidents that the simulator plants."""
