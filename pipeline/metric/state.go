package metric

import "time"

// State is how an installation stands at one moment. A zero time is one that is
// not known, and makes no series.
type State struct {
	At      time.Time
	Serving bool // somebody serves the work folder

	Jobs     []Job
	Turns    []Count // logical times that are settled
	Runs     []Count // runs that have ended
	Commands []Command

	Lists     []List
	Feeds     []Feed
	Tallies   []Tally // of the newest run that has published
	Rows      []Tally // in the stage, by dataset
	Datasets  []string
	Reasons   map[string][]string // by gate
	Layers    int                 // of the stage; 0 where nothing is staged
	Published time.Time
	AsOf      time.Time // the day that the marts are for

	Folders  []Folder
	Readable map[string]bool // what there was to be read, and whether it could be: constants
}

// Job is how a job stands.
type Job struct {
	Name      string
	Succeeded time.Time // when a turn of it was last done
	Ended     time.Time // when one last ended in any way
	Next      time.Time // when it is due next
	Running   time.Time // since when a turn of it is going on
	Tries     int       // of the newest turn
	Failed    bool      // the turn that ended last has failed
	Late      bool
}

// Count is how many turns or runs of a job ended in one way.
type Count struct {
	Job, Status, Kind string
	Number            int64
}

// Command is how long the newest run of a command took that ended well.
type Command struct {
	Name  string
	Took  time.Duration
	Steps []Step
}

// Step is a step of a run.
type Step struct {
	Name  string
	Took  time.Duration
	Bytes int64 // read or fetched
}

// List is a list that a gate stands on.
type List struct {
	Name          string
	Issued, Until time.Time // of the list as it lies there now
	Used          time.Time // when the list was issued on which stands what is published
	Readable      bool
}

// Feed is a feed.
type Feed struct {
	Name       string
	Fetched    bool      // it is fetched, not a folder
	Newest     time.Time // of what the newest delivery is a picture; of a folder, its newest file
	Published  time.Time // of what the newest published delivery is a picture
	Arrived    time.Time // when the newest delivery had arrived
	Bytes      int64     // of it, over the wire
	Records    int64     // of it, as its system says; -1 where that does not say
	Incomplete bool
}

// Tally is how many records came to one end.
type Tally struct {
	Feed, Dataset, Outcome, Gate, Reason string
	Records                              int64
}

// Folder is what a folder takes on its disk. Its numbers are -1 where they are
// not known.
type Folder struct {
	Name              string
	Bytes, Free, Size int64
}

// least is the smallest count of records or persons that is told, and step what
// it is rounded to: as for the publications of Hospital Episode Statistics, in
// which 1 to 7 are suppressed and others are rounded to the nearest 5.
const (
	least = 8
	step  = 5
)

// Rounded is a count of records or persons as it may be told: to the nearest 5.
// It is not told at all below 8; a series that is not there stands for 0 to 7.
// None is rounded from others that were, so that sums tell nothing more.
func Rounded(n int64) (told int64, ok bool) {
	if n < least {
		return 0, false
	}
	return (n + step/2) / step * step, true
}
