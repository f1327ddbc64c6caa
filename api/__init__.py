"""The doors: HTTP, the clerk's desk and the command line. Imports everything; nothing imports it."""
