// Package ui puts the web areas together into one http.Handler: the staff's
// pages, the citizens' pages, static files. It owns the order of things and
// nothing else; pages are in the areas, what they stand on in ui/web.
package ui
