"""The same fold on a bulk engine: many files at once, on DuckDB here or on Spark elsewhere.

Needs the extra ``bulk`` (Ibis, DuckDB, Arrow), and ``spark`` for Spark. What comes out equals what
one pass over the files gives, to the last count; `docs/bulk.md` says how that is held.
"""
