package connection_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/gate/connection"
	"secondaryuse/deid/gate/gatetest"
	"secondaryuse/deid/gate/list"
	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

const columns = "nhs_number,provider,account,connected_at,disconnected_at"

func open(t testing.TB, rows ...string) (*connection.Gate, error) {
	f := gatetest.New(t, 10)
	f.Write("connections.csv", gatetest.List("connection", "allow", gatetest.Issued, columns, rows...))
	return f.Connection()
}

func number(t interface{ Fatal(...any) }, i int) identity.Number {
	n, err := identity.Parse([]byte(gatetest.Number(i)))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// at is London's wall clock at an instant.
func at(t testing.TB, instant string) term.Time {
	i, err := time.Parse(time.RFC3339, instant)
	if err != nil {
		t.Fatal(err)
	}
	return term.At(i, list.London)
}

func account(id string) record.Ref { return record.Ref{Kind: record.Account, ID: id} }

var (
	phr      = record.Feed{Kind: record.PHR}
	wearable = record.Feed{Kind: record.Wearable}
)

func TestWearable(t *testing.T) {
	a, b := gatetest.Number(0), gatetest.Number(1)
	g, err := open(t,
		a+",garmin,acc|1,2026-02-01T09:00:00Z,2026-03-01T09:00:00Z", // connected twice
		a+",garmin,acc|1,2026-05-01T09:00:00+01:00,",
		b+",garmin,shared,2026-01-01T00:00:00Z,2026-04-01T00:00:00Z", // two persons, one account
		a+",garmin,shared,2026-03-01T00:00:00Z,2026-06-01T00:00:00Z",
		b+",fitbit,acc|1,2026-01-01T00:00:00Z,2026-02-01T00:00:00Z")
	if err != nil {
		t.Fatal(err)
	}
	who := map[int]identity.Number{0: number(t, 0), 1: number(t, 1)}
	for _, tc := range []struct {
		account string
		at      string
		person  int
		want    gate.Reason
	}{
		{"garmin|acc|1", "2026-02-01T08:59:59Z", 0, gate.BeforeConnect},
		{"garmin|acc|1", "2026-02-01T09:00:00Z", 0, gate.Kept},
		{"garmin|acc|1", "2026-03-01T08:59:59Z", 0, gate.Kept},
		{"garmin|acc|1", "2026-03-01T09:00:00Z", 0, gate.AfterConnect}, // half open
		{"garmin|acc|1", "2026-04-01T00:00:00Z", 0, gate.AfterConnect}, // between the two
		{"garmin|acc|1", "2026-05-01T08:00:00Z", 0, gate.Kept},
		{"garmin|acc|1", "2030-01-01T00:00:00Z", 0, gate.Kept},
		{"garmin|shared", "2026-02-01T00:00:00Z", 1, gate.Kept},
		{"garmin|shared", "2026-03-15T00:00:00Z", 1, gate.Ambiguous},
		{"garmin|shared", "2026-05-01T00:00:00Z", 0, gate.Kept},
		{"fitbit|acc|1", "2026-01-15T00:00:00Z", 1, gate.Kept},
		{"apple|acc|1", "2026-01-15T00:00:00Z", 1, gate.NotConnected},
		{"garmin|", "2026-01-15T00:00:00Z", 1, gate.NotConnected},
		{"", "2026-01-15T00:00:00Z", 1, gate.NotConnected},
	} {
		n, reason := g.Whose(account(tc.account), at(t, tc.at))
		if reason != tc.want || (reason == gate.Kept) != (n == who[tc.person]) || reason != gate.Kept && !n.Zero() {
			t.Errorf("%s at %s: %v, want %v", tc.account, tc.at, reason, tc.want)
		}
		h := &record.Head{Subject: account(tc.account), At: at(t, tc.at)}
		if got := g.Record(wearable, h, who[tc.person]); got != tc.want {
			t.Errorf("record of %s at %s: %v, want %v", tc.account, tc.at, got, tc.want)
		}
		if got := g.Record(wearable, h, who[1-tc.person]); got == gate.Kept {
			t.Errorf("%s at %s is kept for another person", tc.account, tc.at)
		}
	}
	if _, reason := g.Whose(account("garmin|acc|1"), term.Unknown); reason != gate.NoTime {
		t.Errorf("no time: %v", reason)
	}
	if _, reason := g.Whose(record.Ref{Kind: record.Patient, ID: "garmin|acc|1"}, at(t, "2026-02-15T00:00:00Z")); reason != gate.NotConnected {
		t.Errorf("not an account: %v", reason)
	}
	if got := g.Record(record.Feed{Kind: record.Shared}, &record.Head{}, who[0]); got != gate.Kept {
		t.Errorf("shared record: %v", got)
	}
	if got := g.Record(record.Feed{}, &record.Head{Subject: account("garmin|acc|1"), At: at(t, "2026-02-15T00:00:00Z")}, who[0]); got == gate.Kept {
		t.Error("a feed of no kind is kept")
	}
}

func TestPHR(t *testing.T) {
	a, b := gatetest.Number(0), gatetest.Number(1)
	g, err := open(t,
		a+",phr,,2026-02-01T09:00:00Z,2026-03-01T09:00:00Z",
		b+",phr,pat-1,2026-02-01T09:00:00Z,",
		a+",garmin,g1,2020-01-01T00:00:00Z,")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		person  int
		subject string
		at      string
		want    gate.Reason
	}{
		{0, "anything", "2026-02-15T00:00:00Z", gate.Kept},
		{0, "", "2026-02-15T00:00:00Z", gate.Kept},
		{0, "x", "2026-01-15T00:00:00Z", gate.BeforeConnect},
		{0, "x", "2026-03-01T09:00:00Z", gate.AfterConnect},
		{1, "pat-1", "2026-02-15T00:00:00Z", gate.Kept},
		{1, "pat-2", "2026-02-15T00:00:00Z", gate.NotConnected},
		{1, "", "2026-02-15T00:00:00Z", gate.NotConnected},
		{2, "x", "2026-02-15T00:00:00Z", gate.NotConnected},
	} {
		h := &record.Head{Subject: record.Ref{Kind: record.Patient, ID: tc.subject}, At: at(t, tc.at)}
		if got := g.Record(phr, h, number(t, tc.person)); got != tc.want {
			t.Errorf("person %d, %q at %s: %v, want %v", tc.person, tc.subject, tc.at, got, tc.want)
		}
	}
	undated := &record.Head{Subject: record.Ref{Kind: record.Patient, ID: "pat-1"}}
	if got := g.Record(phr, undated, number(t, 1)); got != gate.NoTime {
		t.Errorf("no time: %v", got)
	}
	if got := g.Record(phr, undated, number(t, 2)); got != gate.NotConnected {
		t.Errorf("no time, no connection: %v", got)
	}
	for person, want := range []gate.Reason{gate.AfterConnect, gate.Kept, gate.NotConnected} {
		ref := record.Ref{Kind: record.Patient, ID: "pat-1"}
		if got := g.Record(phr, &record.Head{ID: ref, Subject: ref}, number(t, person)); got != want {
			t.Errorf("Patient of person %d: %v, want %v", person, got, want)
		}
	}
	if n := g.Numbers(); len(n) != 1 || n[0] != number(t, 0) {
		t.Errorf("%d have an account", len(n))
	}
}

// TestSummerTime holds the gate to London's clock: an instant in July is an hour
// later there.
func TestSummerTime(t *testing.T) {
	g, err := open(t, gatetest.Number(0)+",garmin,g1,2026-07-01T23:30:00Z,")
	if err != nil {
		t.Fatal(err)
	}
	for wall, want := range map[[4]int]gate.Reason{{7, 2, 0, 29}: gate.BeforeConnect, {7, 2, 0, 30}: gate.Kept} {
		w, _ := term.Wall(2026, wall[0], wall[1], wall[2], wall[3], 0, 0)
		if _, got := g.Whose(account("garmin|g1"), w); got != want {
			t.Errorf("%v: %v, want %v", wall, got, want)
		}
	}
}

func TestRowsAreChecked(t *testing.T) {
	n := gatetest.Number(0)
	for _, tc := range []struct{ row, want string }{
		{n[:9] + ",phr,,2026-01-01T00:00:00Z,", ":3: nhs_number"},
		{n + ",Garmin,planted,2026-01-01T00:00:00Z,", ":3: provider"},
		{n + ",strava,planted,2026-01-01T00:00:00Z,", ":3: provider"},
		{n + ",garmin,,2026-01-01T00:00:00Z,", ":3: account: empty"},
		{n + ",garmin,plan ted,2026-01-01T00:00:00Z,", ":3: account"},
		{n + ",garmin," + strings.Repeat("planted", 20) + ",2026-01-01T00:00:00Z,", ":3: account"},
		{n + ",garmin,planted,2026-01-01,", ":3: connected_at"},
		{n + ",garmin,planted,,", ":3: connected_at"},
		{n + ",garmin,planted,2026-01-01T00:00:00Z,never", ":3: disconnected_at: not"},
		{n + ",garmin,planted,2026-01-02T00:00:00Z,2026-01-01T00:00:00Z", ":3: disconnected_at: before"},
	} {
		_, err := open(t, tc.row)
		if !errors.Is(err, gate.ErrRefused) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", tc.want, err)
		}
		if err != nil && (strings.Contains(err.Error(), n) || strings.Contains(err.Error(), "plan")) {
			t.Errorf("%q holds what is in the file", err)
		}
	}
}

// span is one connection, as the oracle sees it: hours of January 2026, when
// London's clock is that of UTC.
type span struct{ who, account, from, to int }

// TestWhoseAgainstOracle compares with asking every connection in turn.
func TestWhoseAgainstOracle(t *testing.T) {
	f := gatetest.New(t, 10)
	rapid.Check(t, func(rt *rapid.T) {
		var spans []span
		var rows []string
		for i := range rapid.IntRange(1, 8).Draw(rt, "connections") {
			s := span{
				who:     rapid.IntRange(0, 2).Draw(rt, fmt.Sprint("who", i)),
				account: rapid.IntRange(0, 1).Draw(rt, fmt.Sprint("account", i)),
				from:    rapid.IntRange(0, 20).Draw(rt, fmt.Sprint("from", i)),
			}
			s.to = s.from + rapid.IntRange(0, 8).Draw(rt, fmt.Sprint("hours", i))
			end := hour(s.to)
			if rapid.IntRange(0, 4).Draw(rt, fmt.Sprint("open", i)) == 0 {
				s.to, end = 1000, ""
			}
			spans = append(spans, s)
			rows = append(rows, fmt.Sprintf("%s,garmin,a%d,%s,%s", gatetest.Number(s.who), s.account, hour(s.from), end))
		}
		f.Write("connections.csv", gatetest.List("connection", "allow", gatetest.Issued, columns, rows...))
		g, err := f.Connection()
		if err != nil {
			rt.Fatal(err)
		}
		for h := range 32 {
			for a := range 2 {
				who, want := whose(spans, a, h)
				n, got := g.Whose(account(fmt.Sprint("garmin|a", a)), at(t, hour(h)))
				if got != want || got == gate.Kept && n != number(rt, who) {
					rt.Fatalf("account %d at hour %d: %v, want %v", a, h, got, want)
				}
			}
		}
	})
}

func hour(h int) string { return fmt.Sprintf("2026-01-%02dT%02d:00:00Z", 1+h/24, h%24) }

// whose asks every connection of the account.
func whose(spans []span, account, h int) (who int, reason gate.Reason) {
	covers, any, begun := map[int]bool{}, false, false
	for _, s := range spans {
		if s.account != account {
			continue
		}
		any, begun = true, begun || s.from <= h
		if s.from <= h && h < s.to {
			covers[s.who], who = true, s.who
		}
	}
	switch {
	case len(covers) > 1:
		return 0, gate.Ambiguous
	case len(covers) == 1:
		return who, gate.Kept
	case !any:
		return 0, gate.NotConnected
	case begun:
		return 0, gate.AfterConnect
	}
	return 0, gate.BeforeConnect
}

// TestARecordThatLasts is that one connection must cover the whole of it.
func TestARecordThatLasts(t *testing.T) {
	a, b := gatetest.Number(0), gatetest.Number(1)
	g, err := open(t,
		a+",garmin,acc,2026-02-01T09:00:00Z,2026-02-10T09:00:00Z",
		a+",garmin,acc,2026-02-11T09:00:00Z,2026-02-20T09:00:00Z", // again, a day later
		b+",garmin,acc,2026-02-20T09:00:00Z,")                     // another person's from then on
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		from, until string
		want        gate.Reason
	}{
		{"2026-02-05T00:00:00Z", "2026-02-06T00:00:00Z", gate.Kept},
		{"2026-02-01T00:00:00Z", "2026-02-02T00:00:00Z", gate.BeforeConnect},
		{"2026-02-10T00:00:00Z", "2026-02-10T09:00:00Z", gate.Kept}, // half open
		{"2026-02-10T00:00:00Z", "2026-02-11T00:00:00Z", gate.AfterConnect},
		{"2026-02-10T00:00:00Z", "2026-02-12T00:00:00Z", gate.AfterConnect}, // over the gap
		{"2026-02-20T00:00:00Z", "2026-02-21T00:00:00Z", gate.Ambiguous},
	} {
		h := &record.Head{Subject: account("garmin|acc"), At: at(t, tc.from), Until: at(t, tc.until)}
		if got := g.Record(wearable, h, number(t, 0)); got != tc.want {
			t.Errorf("%s to %s: %v, want %v", tc.from, tc.until, got, tc.want)
		}
	}
}
