"""What every HTTP application shares: problems, limits, request middleware."""
