// Package blob keeps bytes under the SHA-256 of their content: in a folder or
// in a bucket of an S3 service. It implements ticketing.Blobs.
//
// What Put has acknowledged is durable: in the folder by temporary file, fsync,
// rename and fsync of the directory; on S3 by the service's answer. The same
// content is stored once. Every read is checked against the key, so damage is
// never shown as content. Text is stored compressed (zstd); a person can read
// any file of the folder with sha256sum or zstd -d.
//
// A blob is written before the row that names it. What no row names is moved to
// the trash by Sweep once it is a day old, and deleted after another day there;
// until then reading brings it back, so that a slow transaction or a sweep at
// the wrong moment loses nothing.
package blob
