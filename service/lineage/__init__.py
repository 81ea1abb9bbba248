"""What rests on what: `graph` walks it either way, `impact` says what the end of a grant reaches."""
