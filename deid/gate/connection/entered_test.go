package connection_test

import (
	"testing"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/gate/gatetest"
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// TestEnteredWhileConnected is that what happened while a person was connected, and
// was entered when they were not, or shared it no longer, does not cross.
func TestEnteredWhileConnected(t *testing.T) {
	f := gatetest.New(t, 10)
	n := gatetest.Number(0)
	f.Write("connections.csv", gatetest.List("connection", "allow", gatetest.Issued, "nhs_number,provider,account,connected_at,disconnected_at,sections",
		n+",phr,,2026-01-01T09:00:00Z,2026-02-01T09:00:00Z,*", n+",phr,,2026-02-01T09:00:00Z,2026-03-01T09:00:00Z,mood", n+",phr,,2026-04-01T09:00:00Z,,*"))
	g, err := f.Connection()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		at, entered string
		whole, part gate.Reason
	}{
		{"2026-01-15T00:00:00Z", "", gate.Kept, gate.Kept},
		{"2026-01-15T00:00:00Z", "2026-01-15T00:00:00Z", gate.Kept, gate.Kept},
		{"2026-01-15T00:00:00Z", "2026-01-20T00:00:00Z", gate.Kept, gate.Kept},
		{"2026-01-15T00:00:00Z", "2025-01-20T00:00:00Z", gate.Kept, gate.Kept}, // a device's clock may be wrong
		{"2026-01-15T00:00:00Z", "2026-02-15T00:00:00Z", gate.Kept, gate.NotShared},
		{"2026-01-15T00:00:00Z", "2026-03-15T00:00:00Z", gate.AfterConnect, gate.NotShared},
		{"2026-01-15T00:00:00Z", "2026-04-15T00:00:00Z", gate.Kept, gate.Kept}, // connected again
		{"2025-12-15T00:00:00Z", "2026-01-15T00:00:00Z", gate.BeforeConnect, gate.NotShared},
	} {
		h := &record.Head{ID: record.Ref{Kind: record.Self, ID: "o"}, Sections: record.Measured, At: at(t, c.at)}
		if h.Recorded = term.Unknown; c.entered != "" {
			h.Recorded = at(t, c.entered)
		}
		feed := record.Feed{Name: "phr", Kind: record.PHR}
		if got := g.Record(feed, h, number(t, 0)); got != c.whole {
			t.Errorf("%+v: %v", c, got)
		}
		if got := g.Part(feed, h, number(t, 0)); got != c.part {
			t.Errorf("%+v: a part: %v", c, got)
		}
	}
}
