// Package locale holds the catalogues of what pages say: one TOML file per area
// and language, named "<area>.<tag>.toml". sr-Latn-ME is the source; en and sq
// have the same message ids with the same placeholders (a test compares). The
// Cyrillic catalogue is computed from the source and has no files.
//
// A message is a text, or a table of plural forms (one, few, other; languages
// use those they have). {{.Name}} is a placeholder. [[SMS]] keeps a word from
// being turned into Cyrillic.
package locale
