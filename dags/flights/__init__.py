"""What the flight DAGs share: the daily feed, the warehouse's tables and the model. Standard library only."""
