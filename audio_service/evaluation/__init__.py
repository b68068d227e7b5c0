"""How good the ear is: labelled conversations in, figures with intervals, plots and a page for people out."""
