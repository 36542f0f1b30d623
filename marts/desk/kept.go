package desk

import (
	"bytes"
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"

	"secondaryuse/marts/disclose"
	"secondaryuse/marts/register"
)

// kept is what reviewers are shown and nobody else: the table with its true figures,
// and what was found in it. It stays in the register's folder.
//
// Its digest stands in the request, which leaves with the table. So that nobody can
// find the hidden figures by trying all that they could be, it begins with 130 random
// bits.
type kept struct {
	Blind      string             `json:"blind"`
	Digest     string             `json:"released_sha256"` // of the Released
	Persons    register.Persons   `json:"persons"`
	Key        string             `json:"register_key"` // fingerprint of the key by which persons are digested
	Dimensions int                `json:"dimensions"`
	Columns    []string           `json:"columns"`
	True       [][]string         `json:"true"`
	Shown      [][]string         `json:"shown"`
	Measures   []measured         `json:"measures"`
	Findings   []disclose.Finding `json:"findings"`
}

// measured is the unsuppressed summary of one measure, over the cells without totals.
type measured struct {
	Name           string  `json:"name"`
	Cells          int     `json:"cells"`
	Zero           int     `json:"zero"`
	Hidden         int     `json:"hidden"` // in the table as it would leave
	Least          float64 `json:"least"`
	LeastNotZero   float64 `json:"least_not_zero"`
	Most           float64 `json:"most"`
	Sum            float64 `json:"sum"`
	Fives          int     `json:"divisible_by_5"`
	Sixes          int     `json:"divisible_by_6"`
	Fewest         int64   `json:"fewest_persons"`
	LargestShare   float64 `json:"largest_share"` // that one person has of a cell
	UnderThreshold int     `json:"under_threshold"`
	OfDifferencing int     `json:"hidden_for_differencing"`
	OfOtherFigures int     `json:"hidden_for_other_figures"`
}

// newKept takes what disclosure control has made, and summarises it.
func newKept(table disclose.Released, review disclose.Review, dimensions int) kept {
	k := kept{Dimensions: dimensions, Columns: table.Columns(), True: review.True, Shown: table.Rows(), Findings: review.Findings}
	k.Digest, _ = table.Digest() // which WriteCSV would say as well
	for _, s := range review.Summary {
		m := measured{Name: s.Measure, Fewest: s.Fewest, LargestShare: s.Largest, UnderThreshold: s.Small, OfDifferencing: s.Difference, OfOtherFigures: s.Secondary, Hidden: s.Hidden}
		m.summarise(k.of(s.Measure))
		k.Measures = append(k.Measures, m)
	}
	return k
}

// of are the true figures of a measure, in the cells that are no totals.
func (k kept) of(measure string) (out []float64) {
	c := slices.Index(k.Columns, measure)
	if c < 0 {
		c = slices.IndexFunc(k.Columns, func(name string) bool { return midpoint.ReplaceAllString(name, "") == measure })
	}
	if c < 0 {
		return nil
	}
	for _, row := range k.True {
		if v, err := strconv.ParseFloat(row[c], 64); err == nil && !total(row[:k.Dimensions]) {
			out = append(out, v)
		}
	}
	return out
}

// midpoint is what the column of a measure is called besides where it is rounded so.
var midpoint = regexp.MustCompile(`_midpoint[0-9]+(_derived)?$`)

// total reports whether a row is one over others.
func total(at []string) bool {
	return slices.Contains(at, disclose.Total)
}

func (m *measured) summarise(figures []float64) {
	for i, v := range figures {
		m.Cells++
		if i == 0 || v < m.Least {
			m.Least = v
		}
		if v == 0 {
			m.Zero++
		} else if m.LeastNotZero == 0 || v < m.LeastNotZero {
			m.LeastNotZero = v
		}
		m.Most = max(m.Most, v)
		m.Sum += v
		whole := v == float64(int64(v))
		if whole && int64(v)%5 == 0 {
			m.Fives++
		}
		if whole && int64(v)%6 == 0 {
			m.Sixes++
		}
	}
}

func parseKept(text []byte) (k kept, err error) {
	err = strictly(text, &k)
	return k, err
}

// tables makes the files of the tables that leave, of what Control has made when it
// was asked, and of nothing else; and what it says of the rules.
func (c judged) tables(ctx context.Context) (files map[string][]byte, disclosure json.RawMessage, err error) {
	k, err := parseKept(c.files[keptFile])
	if err != nil {
		return nil, nil, changed(c.request.ID, "%s cannot be read", keptFile)
	}
	table, err := disclose.Unseal(c.files[sealFile], k.Digest)
	if err != nil {
		return nil, nil, changed(c.request.ID, "%s: %v", sealFile, err)
	}
	var csv bytes.Buffer
	if err := table.WriteCSV(&csv); err != nil {
		return nil, nil, err
	}
	if !bytes.Equal(csv.Bytes(), c.files[tableFile]) {
		return nil, nil, changed(c.request.ID, "%s is not the table that was controlled", tableFile)
	}
	files = map[string][]byte{c.request.Name + ".csv": csv.Bytes()}
	if c.request.Parquet {
		if files[c.request.Name+".parquet"], err = parquet(ctx, table, k.Dimensions); err != nil {
			return nil, nil, err
		}
	}
	disclosure, err = json.Marshal(table.Record())
	return files, disclosure, err
}
