"""Credentials: C2PA manifests made, signed and judged; the only room that talks to the media library."""
