"""What the office publishes, understood: pure and read-only, without I/O beyond bytes handed in.

Imports the standard library, jieba, rapidfuzz, numpy, OpenCC and pypinyin; nothing of this project outside the folder.
"""
