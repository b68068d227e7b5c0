"""Joint assessment (联席评估): finance, legal and marketing each hand in a form; together they decide the tier."""
