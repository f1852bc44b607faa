"""What DNS says: names, messages, and the codec between them and bytes.

Read `names`, then `message`, then `reader` and `writer`.
"""
