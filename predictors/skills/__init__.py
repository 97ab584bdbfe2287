"""Latent skills that all families share."""
