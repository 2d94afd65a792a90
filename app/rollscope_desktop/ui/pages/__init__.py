"""Windows of their own: settings, keys, licences, differences."""
