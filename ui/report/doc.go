// Package report serves the pages of figures: the city on one page, the report
// of a department, and the tickets behind every number; and writes the same
// figures as PDF, XLSX and CSV, for downloads and for the letter of Friday
// morning. What the figures mean is in ticketing/report; nothing is computed here.
package report

//go:generate go tool templ generate -path .
