"""Rules by area: for each rule what is in order, what fails and what is unknown."""
