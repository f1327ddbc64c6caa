"""What ``tortoise makemigrations`` writes; the schema in steps."""
