package disclose

// Record is the machine-readable account of every rule that was applied to a
// table, with thresholds and versions (SATRE 3.3.09). It leaves beside the
// table and holds nothing that the table hides: no true count, and not which
// figures were hidden for which reason.
type Record struct {
	Version  string  `json:"version"` // of this form
	Release  string  `json:"release"`
	What     string  `json:"what"`
	Purpose  string  `json:"purpose"`
	Snapshot string  `json:"snapshot"`
	Domain   string  `json:"domain"`   // fingerprint of the domain's key
	Question string  `json:"question"` // SHA-256 of QUERY.sql
	Profile  Profile `json:"profile"`
	Rules    []rule  `json:"rules"`
	Cells    int     `json:"cells"`  // rows of the table
	Shown    int     `json:"shown"`  // figures
	Hidden   int     `json:"hidden"` // figures that are the mark
}

// rule is a rule that was applied.
type rule struct {
	Name    string `json:"name"`
	Value   string `json:"value"`   // its thresholds
	Applied bool   `json:"applied"` // false: there was nothing that it is about, or the profile does not have it
	What    string `json:"what"`    // in plain words
}

// Review is what those see who decide on a table. It has figures that are not
// for release.
type Review struct {
	Findings []Finding
	Record   Record
	True     [][]string // the rows of the table, in its order, with true figures
	Summary  []summary
}

// Finding says in plain words what Control has found.
type Finding struct {
	Rule    string // as in the record
	Refuses bool   // with this the table may not leave
	Text    string
	Figures int // how many figures it is about
}

// summary tells reviewers of a measure, unsuppressed: of the cells without
// totals.
type summary struct {
	Measure               string
	Cells, Zero, Small    int // cells; of nobody; of as few that they are hidden
	Least, Most, Total    int64
	Hidden                int     // for all reasons
	Fewest                int64   // persons behind a cell that has any
	Difference, Secondary int     // hidden because of earlier releases; because one could solve for another
	Largest               float64 // the greatest part that the largest persons have of a sum
}
