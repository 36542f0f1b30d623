// Package trace finds what names a person in bytes of any kind: it is what
// `ohc-pipeline verify leak`, the check before a publication and the tests of
// what a run leaves behind all search with.
//
// # What is found
//
// Wanted takes up the identifiers of persons, and a Scanner finds them again:
//
//	NHS number  ten digits, alone or with single separators between them (space, dash of
//	            any kind, dot, underscore, slash, bracket, apostrophe, zero byte, commas of
//	            thousands) or at either end of 11 to 16 digits; reversed; as integer or
//	            floating point number of eight bytes, either end first, and of six in
//	            SQLite; in UTF-16; as hexadecimal digits of the number; as unkeyed MD5, SHA-1,
//	            SHA-2 or SHA3-256 of it, spaced, with a line end behind or nhsnumber_
//	            before it, as bytes, hexadecimal or base64, whole, its first 16 bytes or
//	            more, or as a word of 16 hexadecimal digits or an integer its first eight
//	telephone   ten digits behind a 0, 44 or 0044, in the same spellings of digits
//	others      as words, in any case, with or without accents, in UTF-8, Latin-1 or
//	            UTF-16, and with any separators: whole words, not parts; of a long one
//	            the first 64 letters and digits
//
// All of these also where they are written with escapes (of JSON, programs, addresses of
// the web, HTML, mail; one in another), in base64 at every alignment, both alphabets, and
// in hexadecimal digits or groups of them; over line ends, too.
//
// # Names
//
// Names are words of the language as well, and a search that cries at each Baker is
// soon turned off. So a family name and a given name of one person count wherever they
// stand beside each other, in either order; one name alone, of 8 letters and more, where
// it stands as a word; and one of 4 to 7 letters only where it is all of a value: of a
// column, a cell, or a quoted string. What the operator knows to be a word that is
// published (Known) counts in pairs alone, and is nobody's account, number or address; a
// text that is published as it stands (Written) is no pair either: Not Known is nobody.
// Digits alone that are fewer than nine, or the code of a SNOMED CT concept, are nobody's.
//
// # What is kept
//
// Wanted holds no identifier: fingerprints of 60 bits under keys made for it at random,
// and filters. By chance one hits a few times in a terabyte for 3 million persons. So each
// finding carries a Proof of what was found, by which it is held to all that was looked for
// once more (Again): what is not the same letter by letter is no finding. What is found is
// told as kind, form and place, never as what it is. A search of few texts keeps only what
// could be found in them (Narrow).
//
// # The limits
//
// A number that is encrypted, or hashed with a salt, is not found; nor is one that was
// compressed in a format nobody has unpacked, nor one that lies in two columns, nor a name
// that is misspelt, nor a date of birth: dates stand everywhere. Sums of 32 bits (CRC-32,
// Adler-32) are not looked for: with 3 million persons, three in 4,000 of all values of 32 bits
// are that of somebody, so that a terabyte would have 700 million of them. Digits that happen to
// be somebody's are found as if they were: of ten digits at random with a sound check digit
// one in 300 is the number of one of 3 million.
package trace
