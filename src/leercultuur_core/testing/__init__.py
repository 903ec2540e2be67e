"""For whoever tests an adapter."""
