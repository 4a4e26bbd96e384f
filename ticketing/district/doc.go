// Package district says in which district of a city a place lies: by polygons
// for coordinates, by street lists for addresses and for the words of a text.
// It reads both from files: GeoJSON (RFC 7946) and a list of streets.
//
// It knows neither tickets nor databases. Foreign files are bounded, and what
// is wrong with one is told with its place, everything at once.
package district
