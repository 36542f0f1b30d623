// Package trace finds what names a person in bytes of any kind: it is what
// `ohc-pipeline verify leak`, the check before a publication and the tests of
// what a run leaves behind all search with.
//
// # What is found
//
// Wanted takes up the identifiers of persons, and a Scanner finds them again:
//
//	NHS number  ten digits, alone or with single separators between them (space, hyphen,
//	            dot, underscore, slash, bracket, apostrophe, zero byte) or at either end
//	            of 11 to 16 digits; reversed; as integer or floating point number of eight
//	            bytes, either end first, and of six in SQLite; in UTF-16; as hexadecimal
//	            digits of the number; in hexadecimal and in base64, at every alignment, both
//	            alphabets; as unkeyed MD5, SHA-1, SHA-256 or SHA-512 of it, spaced, with a
//	            line end behind or nhsnumber_ before it, as bytes, hexadecimal or base64,
//	            whole or its first 16 bytes or more
//	telephone   ten digits behind a 0, 44 or 0044, in the same spellings of digits
//	others      as words, in any case and with any separators: whole words, not parts
//
// # Names
//
// Names are words of the language as well, and a search that cries at each Baker is
// soon turned off. So a family name and a given name of one person count wherever they
// stand beside each other, in either order; one name alone, of 8 letters and more, where
// it stands as a word; and one of 4 to 7 letters only where it is all of a value: of a
// column, a cell, or a quoted string. What the operator knows to be a word that is
// published (Known) counts in pairs alone.
//
// # What is kept
//
// Wanted holds no identifier: fingerprints of 60 bits under keys made for it at random,
// and filters. By chance one hits less than once in a terabyte for 3 million persons. What
// is found is told as kind, form and place, never as what it is.
//
// # The limits
//
// A number that is encrypted, or hashed with a salt, is not found; nor is one that was
// compressed in a format nobody has unpacked, nor a name that is misspelt.
package trace
