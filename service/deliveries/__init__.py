"""A set of assets handed over as one: `taking` matches and records it, `gate` asks about all of it at once, `package` hands it out."""
