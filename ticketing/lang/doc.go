// Package lang knows the languages of the bureau: which there are, which one a
// browser or a letter speaks, how Montenegrin changes script, how words are
// folded for search, how many of a thing take which form, and how dates,
// spans and numbers are written.
//
// The languages are four [Tag] values. Montenegrin stands under sr-Latn-ME and
// sr-Cyrl-ME, because standard libraries and screen readers know those; cnr is
// understood by [Parse] and never stored. Cyrillic texts of the bureau are
// computed from the Latin ones by [ToCyrillic]; what citizens wrote is never
// converted, only [Fold]ed into a search key that is blind to script,
// diacritics and case.
//
// It holds no catalogue of texts, knows no pages and no letters, and reads no
// clock. Everything takes any bytes without panicking and in linear time.
package lang
