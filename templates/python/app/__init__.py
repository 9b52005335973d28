"""Publishes notices of a tenant as events, and shows each tenant its notices."""
