"""Texts held against mdppower, statement by statement: the paper, the post, and three posts on POWERplay."""
