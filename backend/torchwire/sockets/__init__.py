"""The Socket.IO namespace that lets browsers watch runs."""
