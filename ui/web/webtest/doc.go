// Package webtest serves pages on an in-memory bureau and asks for them as a
// browser without scripts does: for the tests of the areas.
package webtest
