"""The post *Modeling AI Takeoff Scenarios*, statement by statement."""
