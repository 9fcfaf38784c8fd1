"""Pages about claims: reports as sentences, Markdown, JSON, and one HTML file that loads nothing.

What is read first is what a person would say: what is proved, what is tested and agrees, what is open, what does not
apply and why. All else is folded away, so that a page is as long for a hundred reports as for ten.

================== ======================================================================================
first_page         the sentences that every page begins with, in their order
claim_sentences    what each claim says of this MDP; families of reports in one sentence
symmetry_sentences the symmetries of the whole MDP, and what follows for POWER
names              titles of claims; states and actions as a reader knows them
permutation_words  φ by its shape on the map; mirrors, turns and shifts of the whole map
words              reports in words: which come first, why a claim applies
pages              the door: what the terminal prints, JSON, what is written where
markdown_page      CommonMark with GitHub's tables
html_page          one self-contained file
claim_picture      the MDP, φ as arrows, the sides of a claim hatched
================== ======================================================================================
"""
