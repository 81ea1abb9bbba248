"""The write and read path of every record: `write` puts versions into the log, `read` serves them out of it."""
