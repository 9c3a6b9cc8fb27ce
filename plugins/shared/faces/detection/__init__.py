"""How faces are searched for: YuNet's looks at a picture, and what is made of them."""
