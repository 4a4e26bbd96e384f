// Package components holds what pages are drawn from: the shells, and each
// element of the style sheet as a templ component that takes one view. A view
// holds what is shown, in the reader's terms; components read no store and
// decide nothing. Texts come from the catalogue through the context.
//
// Scripts find their work by data attributes, named in the head of each module
// of ui/static/js; the components here write them.
//
// What never stands in a template: style attributes, on… attributes, inline
// scripts, templ.Raw (mail is shown in a frame), and htmx attributes that rely
// on inheritance or evaluate text. A test reads every template for them.
package components

//go:generate go tool templ generate -path .
