// Package leak looks for persons where nobody must be named: it opens everything that
// a user could receive or read, and has package trace search it.
//
//	Gather   takes up the identifiers of everybody in the feeds (feeds.go and below)
//	Search   searches folders, on all cores (walk.go)
//	Draft    looks through what is about to be published, by form, and says what it shows
//	Look     holds what is shown for the first time to everybody (look.go), and keeps what was
//	         looked for (looked.go)
//
// A file is searched as its bytes are, and as a reader would be shown it: Parquet
// page by page (where it was cut off, too), SQLite and DuckDB value by value, gzip,
// zstd, bzip2, zip, tar and age archives unpacked, one in another. It goes by what a file
// is, not by its name, and names are searched as well; links are followed. What cannot be
// opened is a fault, and hides nothing beside it: what was not read proves nothing. What is
// found is held to the feeds once more, so that none of it is there by chance.
//
// Memory is the fingerprints of package trace, and some megabytes for each core,
// however long a file is.
package leak
