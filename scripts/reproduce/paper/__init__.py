"""*Optimal Policies Tend to Seek Power*, number by number."""
