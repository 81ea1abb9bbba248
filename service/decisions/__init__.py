"""Facts and packs become decisions; people settle reviews, waive, adopt and release under them."""
