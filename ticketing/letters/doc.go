// Package letters holds the words of System 48: every outgoing text in every
// language, and the sentence that explains a deadline.
//
// The texts are plain files, text/<language>/<purpose>.txt, that ship inside
// the program; a city may put its own in their place (Options.Overrides).
// Montenegrin in Cyrillic script is computed from the Latin texts when they are
// loaded, word by word around the placeholders; a file of its own under
// sr-Cyrl-ME replaces the computed one.
//
// # The grammar of a text
//
// The first lines are "Subject: …", then an empty line, then the body, in which
// one line is one paragraph or one item of a list. Lines that begin with # are
// remarks. Within a line:
//
//	{due_at}            the value of a placeholder
//	{n|dan|dana|dana}   a word that agrees with a number: one form for each
//	                    plural form of the language (sr: one, few, other;
//	                    en and sq: one, other)
//	{{ and }}           the braces themselves
//
// and only at the beginning of a line, any number of:
//
//	{?due}              the line stands only if the value exists
//	{!due}              the line stands only if it does not
//	{*items}            the line is repeated for every item; neighbouring
//	                    lines with this mark are repeated together
//
// Of several subjects the first whose marks hold is taken. Empty lines beside
// what fell away fall away too.
//
// Everything is checked when the texts are loaded: an unknown placeholder, one
// that may be missing on a line that does not ask for it, a wrong number of
// forms, markup, a letter without what it exists for. Each letter has its own
// list of placeholders: no text of a city can make a receipt repeat what a
// stranger wrote, or a hand-over tell who the citizen is.
//
// A value is written once, as it is, and never read for placeholders again:
// "{{7*7}}" or "{ref}" in a citizen's or an agent's words stays just that.
//
// It refuses to know how a letter travels, and the present time.
package letters
