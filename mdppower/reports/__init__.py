"""Pages about claims: reports as text, Markdown, JSON, and one HTML file that loads nothing.

============= ==========================================================================================
words         reports in words: which come first, why a claim applies
pages         the door: the terminal's table, JSON, what is written where
markdown_page CommonMark with GitHub's tables
html_page     one self-contained file
claim_picture the MDP, φ as arrows, the sides of a claim hatched
============= ==========================================================================================
"""
