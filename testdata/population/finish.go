package population

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"secondaryuse/testdata/population/internal/fate"
	"secondaryuse/testdata/population/internal/figure"
	"secondaryuse/testdata/population/internal/folder"
	"secondaryuse/testdata/population/internal/hes"
	"secondaryuse/testdata/population/internal/r4"
	"secondaryuse/testdata/population/internal/truth"
)

// The truth: lines of JSON unless the name says otherwise.
const (
	recordsFile     = "truth/records.ndjson.zst"
	personsFile     = "truth/persons.ndjson.zst"
	measuresFile    = "truth/measurements.ndjson.zst"
	daysFile        = "truth/wearable_days.ndjson.zst"
	actsFile        = "truth/activity_days.ndjson.zst"
	identifiersFile = "truth/identifiers.ndjson.gz"
	rejectedFile    = "truth/rejected.csv"
	activityFile    = "truth/activity.csv"
	itemsFile       = "truth/medication.csv"
	summaryFile     = "truth/summary.json"
)

// Summary is what must become of a population, counted.
type Summary struct {
	Persons   int              `json:"persons"`
	Seed      uint64           `json:"seed"`
	AsOf      string           `json:"as_of"`
	Months    int              `json:"months"`
	Read      map[string]int64 `json:"read"`      // input records, by feed
	Tallies   []Tally          `json:"tallies"`   // they sum to Read
	Marts     map[string]int64 `json:"marts"`     // rows and the like that the marts must hold
	Registers map[string]int64 `json:"registers"` // how many persons are on each
}

// Tally is how many input records of a feed and dataset come to one end, in
// the words of the pipeline's account. A rejected record has no reason here.
type Tally struct {
	Feed    string `json:"feed"`
	Dataset string `json:"dataset"`
	Outcome string `json:"outcome"`
	Gate    string `json:"gate,omitempty"`
	Reason  string `json:"reason,omitempty"` // of what is excluded; the kind of what is unused
	Records int64  `json:"records"`
}

// begin writes what stands before the persons.
func (s *site) begin() error {
	s.visits = &visits{}
	if s.since != never {
		c := folder.NewChunk()
		s.strangers(c, "")
		return s.folder.Append(c)
	}
	w := r4.Writer{Map: s.area, AsOf: s.asOf}
	updated := (s.asOf - 30).At(2, 0, 0)
	c := folder.NewChunk()
	unused := func(name, kind string, text []byte) {
		f := c.File(name)
		f.Text = text
		f.Lines = strings.Count(string(text), "\n")
		s.sums.Ends[truth.End{Feed: "ohc", Outcome: fate.Unused, Kind: kind}] += int64(f.Lines)
	}
	unused("shared-record/Organization.ndjson", "organization", w.Organisations(nil, updated))
	unused("shared-record/Practitioner.000.ndjson.gz", "practitioner", w.Practitioners(nil, updated))
	unused("shared-record/Medication.ndjson", "medication", w.Medicines(nil, updated, slices.Sorted(maps.Keys(figure.Medicines))))
	for name, head := range map[string]string{
		episodesFile: hes.EpisodeHeader, attendancesFile: hes.AttendanceHeader,
		rejectedFile: "feed,file,line,dataset,fault\n",
	} {
		f := c.File(name)
		f.Text, f.Lines = append(f.Text, head...), 1
	}
	s.strangers(c, "")
	for day := 1; day <= s.plan.Days; day++ {
		s.strangers(c, ofDay(day))
	}
	c.Pack()
	if err := s.folder.Append(c); err != nil {
		return err
	}
	return s.openVisits()
}

// openVisits begins the table of outpatients.
func (s *site) openVisits() error {
	path, err := s.folder.Path(visitsFile)
	if err != nil {
		return err
	}
	return s.visits.open(path)
}

// take appends a chunk to the files and adds up what it counted.
func (s *site) take(c *folder.Chunk) error {
	x := c.Extra.(*extra)
	var b []byte
	for _, r := range x.rejects {
		base := s.folder.Lines(r.file)
		if r.file == visitsFile {
			base = s.visits.rows
		}
		b = fmt.Appendf(b, "%s,%s,%d,%s,%s\n", r.feed, r.file, base+r.line, r.dataset, r.why)
	}
	if err := s.heads(c); err != nil {
		return err
	}
	if err := s.folder.Append(c); err != nil {
		return err
	}
	s.lived.add(&x.lived)
	if len(x.visits) > 0 && s.visits.file == nil { // a delta has none until there is a line
		if err := s.openVisits(); err != nil {
			return err
		}
	}
	if err := s.visits.write(x.visits); err != nil {
		return err
	}
	s.sums.Add(&x.book.Sums)
	if len(b) == 0 {
		return nil
	}
	return s.append(rejectedFile, b)
}

// append appends text to a file.
func (s *site) append(name string, text []byte) error {
	c := folder.NewChunk()
	c.File(name).Text = text
	c.Pack()
	return s.folder.Append(c)
}

// finish writes what can be written only once all persons are known.
func (s *site) finish() (Summary, error) {
	summary := s.summary()
	data, err := json.MarshalIndent(summary, "", "  ")
	if err != nil {
		return summary, err
	}
	if s.since != never {
		return summary, errors.Join(s.visits.close(), s.listed(place{"", s.day}))
	}
	steps := []func() error{
		s.visits.close,
		s.finishDays,
		func() error { return s.listed(place{"", s.day}) },
		func() error { return s.append("reference/places.csv", s.places()) },
		func() error { return s.append("reference/practices.csv", s.practices()) },
		func() error { return s.append("config.yaml", s.config()) },
		func() error { return s.append("truth/README.md", s.readme()) },
		func() error { return s.append(activityFile, s.activity()) },
		func() error { return s.append(itemsFile, s.items()) },
		func() error { return s.append(summaryFile, append(data, '\n')) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return summary, err
		}
	}
	return summary, nil
}

// readme explains the truth.
func (s *site) readme() []byte {
	if s.view {
		return []byte(truthText + livingText)
	}
	return []byte(truthText)
}

// place is where something is written that there is of every day.
type place struct {
	prefix string
	day    int
}

// listed writes the lists of a day of which the rows are written.
func (s *site) listed(at place) error {
	if err := s.headed(at, objectionFile, objectionRows, "objection", "deny", "nhs_number,kind,status,recorded_on"); err != nil {
		return err
	}
	if err := s.headed(at, connectionFile, connectionRows, "connection", "allow", "nhs_number,provider,account,connected_at,disconnected_at,sections,erase_requested_at"); err != nil {
		return err
	}
	if err := s.list(at, at.prefix+agreementFile, "agreement", "allow", "ods_code,feed,valid_from,valid_to", s.agreements(at.day)); err != nil {
		return err
	}
	return s.append(at.prefix+controlFile, s.control(at.day))
}

func (s *site) summary() Summary {
	out := Summary{
		Persons: s.counted(), Seed: s.plan.Seed, AsOf: string(s.today().AppendDate(nil)), Months: s.plan.Months,
		Read: make(map[string]int64), Marts: s.sums.People, Registers: s.sums.Registers,
	}
	for e, n := range s.sums.Ends {
		out.Read[e.Feed] += n
		reason := e.Reason.String()
		if e.Outcome == fate.Unused {
			reason = e.Kind
		}
		out.Tallies = append(out.Tallies, Tally{e.Feed, e.Dataset, e.Outcome.String(), e.Reason.Gate(), reason, n})
	}
	slices.SortFunc(out.Tallies, func(a, b Tally) int {
		return cmp.Or(cmp.Compare(a.Feed, b.Feed), cmp.Compare(a.Dataset, b.Dataset), cmp.Compare(a.Outcome, b.Outcome),
			cmp.Compare(a.Gate, b.Gate), cmp.Compare(a.Reason, b.Reason))
	})
	return out
}

// activity is what the mart activity_monthly must hold.
func (s *site) activity() []byte {
	keys := slices.SortedFunc(maps.Keys(s.sums.Activity), func(a, b truth.Activity) int {
		return cmp.Or(cmp.Compare(a.Month, b.Month), cmp.Compare(a.Practice, b.Practice), cmp.Compare(a.Kind, b.Kind))
	})
	b := []byte("month,practice,kind,activity,persons\n")
	for _, k := range keys {
		c := s.sums.Activity[k]
		b = fmt.Appendf(b, "%d-%02d-01,%s,%s,%d,%d\n", k.Month/100, k.Month%100, k.Practice, k.Kind, c.N, c.Persons)
	}
	return b
}

// items is what the mart medication_monthly must hold.
func (s *site) items() []byte {
	keys := slices.SortedFunc(maps.Keys(s.sums.Items), func(a, b truth.Item) int {
		return cmp.Or(cmp.Compare(a.Month, b.Month), cmp.Compare(a.Practice, b.Practice), cmp.Compare(a.System, b.System), cmp.Compare(a.Code, b.Code))
	})
	b := []byte("month,practice,system,code,items,persons,quantity\n")
	for _, k := range keys {
		c := s.sums.Items[k]
		b = fmt.Appendf(b, "%d-%02d-01,%s,%s,%s,%d,%d,%d\n", k.Month/100, k.Month%100, k.Practice, k.System, k.Code, c.N, c.Persons, c.Quantity)
	}
	return b
}

// config is the configuration that the pipeline reads all this by. It names
// the feeds of which there is anything: few persons may have no wearable.
func (s *site) config() []byte {
	b := fmt.Appendf(nil, configHead, s.today().AppendDate(nil))
	for _, f := range []struct{ name, kind, path string }{
		{"gp", "gp-connect", "gp-connect"}, {"phr", "phr", "phr"}, {"garmin", "garmin", "wearable/garmin"},
		{"fitbit", "fitbit", "wearable/fitbit"}, {"apple", "apple", "wearable/apple"},
	} {
		if s.folder.Has(f.path) {
			b = fmt.Appendf(b, "  - {name: %s, kind: %s, path: %s}\n", f.name, f.kind, f.path)
		}
	}
	return append(b, configTail...)
}

const configHead = `# A synthetic population, written by ohc-population. Nobody in it exists.
as_of: %s
purpose: planning
work: work
marts: marts
keys: keys
feeds:
  - {name: ohc, kind: fhir, path: shared-record, organisation: QNC}
  - name: hospital
    kind: tabular
    path: hospital
    tables:
      - {file: "apc*.csv", preset: hes-apc, columns: {nhs_number: NHSNUMBER, spell_id: SPELLKEY}}
      - {file: "ae*.csv", preset: hes-ae, columns: {nhs_number: NHSNUMBER}}
      - {file: "op*.parquet", preset: hes-op, columns: {nhs_number: NHSNUMBER}}
`

const configTail = `gates:
  optout: {sent: lists/optout-request.dat, reply: lists/optout.dat, control: lists/optout.ctl, max_age: 20d}
  objection: {file: lists/objections.csv, max_age: 8d}
  connection: {file: lists/connections.csv, max_age: 8d}
  agreement: {file: lists/agreements.csv, max_age: 400d}
reference: {places: reference/places.csv, practices: reference/practices.csv}
`
