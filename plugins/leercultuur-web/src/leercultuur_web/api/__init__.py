"""The JSON API: what other programs call. `application` makes it; importing this package is light."""
