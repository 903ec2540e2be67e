"""How the documentation is built: Sphinx with MyST; warnings are errors (`make docs`)."""

project = "leercultuur"
copyright = "2026, the leercultuur authors"
author = "the leercultuur authors"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "leercultuur"
autodoc_typehints = "description"
suppress_warnings = ["myst.xref_missing"]
