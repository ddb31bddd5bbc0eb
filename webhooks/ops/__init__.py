"""Health and metrics, for whoever runs an installation."""
