"""The three posts on POWERplay (Gladstone AI, 2022): their figures from their settings."""
