"""The report as one HTML file: summary, tables, figures and the episode browser."""
