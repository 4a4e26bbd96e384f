// Package static holds everything the browser loads that is not a page: style
// sheets, ES modules, fonts, the icon sprite and two vendored scripts. All of it
// is embedded in the program and served under one content hash, so that an
// address never changes its bytes and may be cached for a year.
//
// The style sheet of an area is put together from the files of its layers when
// the program starts; nothing else is generated, and there is no bundler.
// Foreign files are listed in VERSIONS.toml with their origin, licence and
// SHA-512; a test compares them. They lie in thirdparty/ and not in vendor/,
// which Go leaves out of a module's archive.
package static
