"""The pictures of README and of the rooms' pages, beside the script that draws them."""
