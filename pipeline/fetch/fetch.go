// Package fetch is the contract between a system that holds data and the
// landing of a feed: a Fetcher brings what has changed since the last delivery,
// as files in the format of the feed, and knows how far it has come. How the
// files are read, judged and staged is no concern of it.
//
// The fetchers are the folders below: bulk (FHIR Bulk Data), postgres, drop (a
// folder that somebody fills) and sftp. Each passes the suite in fetchtest.
package fetch

import (
	"context"
	"errors"
	"time"
)

// Delivery is what one Fetch has brought, and how far that goes. It is kept
// beside the files, and told to the operator: no field of it names a person.
type Delivery struct {
	// Mark is how far the system has been read: where the next Fetch goes on.
	// It means nothing to anybody but the fetcher.
	Mark string `json:"mark"`
	// At is the time that the delivery is a picture of, by the system's clock. A
	// record without a version of its own is of this version.
	At time.Time `json:"at"`
	// Whole says that it is everything the system holds: it replaces all
	// deliveries before it. What it does not hold was deleted there.
	Whole bool `json:"whole"`
	// Incomplete says why something is missing, a constant text for each reason,
	// where the feed's policy lets such a delivery through.
	Incomplete []string `json:"incomplete,omitempty"`
	// Records is how many records the system says the files hold; -1 where it
	// does not say.
	Records int64 `json:"records"`
	// Bytes is how many bytes came over the wire.
	Bytes int64 `json:"bytes"`
}

// Last is the delivery before: the zero Last where there is none, or where
// everything is to be fetched anew.
type Last struct {
	Delivery
	// Dir is the folder in which it lies. A fetcher may look there at what it
	// left itself: files whose names begin with a dot.
	Dir string
}

// Plan is what a Fetch would do, in words for the operator.
type Plan struct {
	From  string   // the place that is read, without credentials: an address, a table, a folder
	Since string   // the watermark in words; empty: everything
	Asks  []string // what would be asked for, a line each
}

// ErrNothing says that nothing has changed: there is no delivery.
var ErrNothing = errors.New("nothing new")

// ErrLost says that the system cannot say what has changed since the last
// delivery. Only a delivery of everything helps.
var ErrLost = errors.New("what has changed since cannot be told any more; next: ohc-pipeline run with a reload of the feed")

// Fetcher brings what has changed.
type Fetcher interface {
	// Plan says what Fetch would do. It asks the system at most whether it is
	// there, takes no data and changes nothing.
	Plan(ctx context.Context, last Last) (Plan, error)

	// Fetch brings what has changed since last into dir, which exists. It is
	// empty, or holds what a Fetch that was cut off has left there, with the same
	// last: Fetch goes on from that where it can, and else takes it away. A file
	// of somebody else's, whose name begins with a dot, may be there and stays. The
	// files are in the format of the feed's kind, uncompressed, whole and synced
	// when Fetch returns without an error; what is no file of the feed has a
	// name that begins with a dot. An error names system, file and reason, never
	// a value of the data or a credential. ErrNothing says that there is nothing
	// new.
	Fetch(ctx context.Context, last Last, dir string, p Progress) (Delivery, error)

	// Done is called when what was delivered has been published, and perhaps
	// once more after a crash: the system may forget what it has kept for us.
	// dir is where the delivery lies.
	Done(ctx context.Context, d Delivery, dir string) error
}

// Progress is told how far a Fetch is. Its methods may be called from several
// goroutines.
type Progress interface {
	Step(name string, bytes int64) // a step begins that will bring this many bytes, or 0 where that is not known
	Add(bytes int64)
	Note(text string) // what the system says of its progress, to be shown once
}
