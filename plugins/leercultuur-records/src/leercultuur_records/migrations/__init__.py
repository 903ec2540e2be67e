"""Versions of the tables of records. Each is a file in ``versions``, named by its number."""
