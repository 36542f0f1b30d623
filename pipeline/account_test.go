package pipeline

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/pipeline/ledger"
)

func account(read int64) Account {
	a := newAccount(&Run{Feeds: []Feed{{Feed: record.Feed{Name: "ohc"}}}})
	a.read[0] = read
	a.ends[admission("ohc", "problem", gate.Kept)] = 6
	a.ends[admission("ohc", "problem", gate.NotAllowed)] = 3
	a.ends[admission("ohc", "tombstone", gate.Kept)] = 1
	return a
}

func TestBalance(t *testing.T) {
	a := account(10)
	if err := a.Balance(); err != nil {
		t.Error(err)
	}
	a = account(11)
	if err := a.Balance(); !errors.Is(err, ErrUnbalanced) || !strings.Contains(err.Error(), "fewer records are accounted for than were read") {
		t.Errorf("a lost record: %v", err)
	}
}

// TestOrganisations holds that what the desks say of an organisation is added up
// by feed, gate and reason.
func TestOrganisations(t *testing.T) {
	a := newAccount(&Run{Feeds: []Feed{{Feed: record.Feed{Name: "ohc"}}}})
	for range 2 {
		k := gate.NewKeeper(gate.Gates{})
		k.Judge()
		d := k.Desk()
		gate.Admit(d, record.Feed{Organisation: "RJE"}, make([]record.Of[row.Problem], 3))
		a.admitted([]desk{{judge: d}})
	}
	want := []ledger.Holding{{Feed: "ohc", Organisation: "RJE", Gate: "identity", Reason: "person not in the feed", Records: 2 * 3}}
	if got := a.Organisations(); !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestSettlingMovesRecords shows that the settler's own count of what it kept
// is what is compared with the input, so that a record it lost is found.
func TestSettlingMovesRecords(t *testing.T) {
	settled := []Settled{
		{"problem", "ohc", "kept", gate.Kept, 3},
		{"problem", "ohc", "superseded", gate.Kept, 1},
		{"problem", "ohc", "deleted", gate.Kept, 1},
		{"problem", "ohc", "excluded", gate.SensitiveLink, 1},
	}
	a := account(10)
	a.settle(settled)
	if err := a.Balance(); err != nil {
		t.Error(err)
	}
	a = account(10)
	a.settle(settled[1:])
	if err := a.Balance(); !errors.Is(err, ErrUnbalanced) {
		t.Errorf("the settler lost three records: %v", err)
	}
}
