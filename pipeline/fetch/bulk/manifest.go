package bulk

import (
	"encoding/json"
	"errors"
	"time"
)

// manifest is a page of what an export has brought.
type manifest struct {
	time  time.Time
	token bool   // files want it
	next  string // the address of the next page
	items []item
}

// item is a file of a manifest.
type item struct {
	section string // output, deleted or outcome
	typ     string // of the closed list
	url     string
	count   int64 // -1: not told
}

// raw is a manifest as it stands: edition 3 has error, the next may have outcome.
type raw struct {
	Time    *string   `json:"transactionTime"`
	Token   *bool     `json:"requiresAccessToken"`
	Output  *[]rawRow `json:"output"`
	Deleted []rawRow  `json:"deleted"`
	Error   []rawRow  `json:"error"`
	Outcome []rawRow  `json:"outcome"`
	Link    []struct {
		Relation string `json:"relation"`
		URL      string `json:"url"`
	} `json:"link"`
}

type rawRow struct {
	Type  string `json:"type"`
	URL   string `json:"url"`
	Count *int64 `json:"count"`
}

// parseManifest reads a manifest. Its errors hold nothing of it.
func parseManifest(text []byte) (*manifest, error) {
	var r raw
	if json.Unmarshal(text, &r) != nil {
		return nil, errors.New("the manifest is not JSON of the right shape")
	}
	switch {
	case r.Time == nil:
		return nil, errors.New("the manifest has no transactionTime")
	case r.Token == nil:
		return nil, errors.New("the manifest does not say requiresAccessToken")
	case r.Output == nil:
		return nil, errors.New("the manifest has no output")
	}
	at, err := time.Parse(time.RFC3339Nano, *r.Time)
	if err != nil || at.Year() < 1900 || at.Year() > 9999 {
		return nil, errors.New("the manifest's transactionTime is not an instant")
	}
	m := &manifest{time: at.UTC(), token: *r.Token}
	for _, s := range []struct {
		section string
		rows    []rawRow
	}{{"output", *r.Output}, {"deleted", r.Deleted}, {"outcome", r.Error}, {"outcome", r.Outcome}} {
		for _, row := range s.rows {
			if err := m.add(s.section, row); err != nil {
				return nil, err
			}
		}
	}
	for _, l := range r.Link {
		if l.Relation == "next" {
			m.next = l.URL
		}
	}
	return m, nil
}

func (m *manifest) add(section string, r rawRow) error {
	i := item{section, named(r.Type), r.URL, -1}
	if r.Count != nil {
		i.count = *r.Count
	}
	if r.URL == "" || r.Count != nil && *r.Count < 0 {
		return errors.New("the manifest has a file without an address, or with a count below 0")
	}
	if section == "deleted" {
		i.typ = "Bundle"
	}
	m.items = append(m.items, i)
	return nil
}
