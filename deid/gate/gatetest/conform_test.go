package gatetest

import (
	"crypto/sha256"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// The gates are what the keeper takes them for.
var (
	_ gate.PersonGate = must((*Folder).OptOut)
	_ gate.PersonGate = must((*Folder).Objection)
	_ gate.Watcher    = must((*Folder).Objection)
	_ gate.Resolver   = must((*Folder).Connection)
	_ gate.RecordGate = must((*Folder).Connection)
	_ gate.RecordGate = must((*Folder).Agreement)
	_ gate.RecordGate = must((*Folder).Sensitive)
)

// must gives a value of the gate's type, for the compiler alone.
func must[G any](func(*Folder) (*G, error)) (none *G) { return none }

// question is something a gate is asked on the hot path, and the answer.
type question struct {
	name string
	ask  func() gate.Reason
	want gate.Reason
}

// stand is an opened gate with what it is asked.
type stand struct {
	describe  func() string
	file      string
	questions []question
}

func number(t *testing.T, text string) identity.Number {
	t.Helper()
	n, err := identity.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func wall(year, month, day int) term.Time {
	t, ok := term.Wall(year, month, day, 12, 0, 0, 0)
	if !ok {
		panic("no such day")
	}
	return t
}

// stands opens every gate on one folder.
func stands(t *testing.T) (*Folder, map[string]stand) {
	f := New(t, 40)
	who := make([]identity.Number, len(f.People))
	for i, p := range f.People {
		who[i] = number(t, p)
	}
	stranger := number(t, Number(len(who)))
	all := map[string]stand{}

	o, err := f.OptOut()
	check(t, err)
	all["optout"] = stand{o.Describe, "optout.dat", []question{
		{"allowed", func() gate.Reason { return o.Person(who[0]) }, gate.Kept},
		{"opted out", func() gate.Reason { return o.Person(who[9]) }, gate.NotAllowed},
		{"never sent", func() gate.Reason { return o.Person(stranger) }, gate.NotAllowed},
		{"nobody", func() gate.Reason { return o.Person(identity.Number{}) }, gate.NotAllowed},
	}}

	b, err := f.Objection()
	check(t, err)
	plain := &record.Head{Codings: []record.Coding{{System: term.SNOMED, Code: "44054006"}, {System: term.Read2, Code: "C10F."}}}
	all["objection"] = stand{b.Describe, "objections.csv", []question{
		{"local", func() gate.Reason { return b.Person(who[0]) }, gate.ObjectedLocal},
		{"type 1", func() gate.Reason { return b.Person(who[1]) }, gate.ObjectedType1},
		{"none", func() gate.Reason { b.Watch(record.Feed{}, plain, who[2], true); return b.Person(who[2]) }, gate.Kept},
	}}

	c, err := f.Connection()
	check(t, err)
	phr, garmin := record.Feed{Kind: record.PHR}, record.Feed{Kind: record.Wearable}
	reading := &record.Head{Subject: record.Ref{Kind: record.Account, ID: "garmin|" + Account}, At: wall(2026, 3, 1)}
	entry := &record.Head{Subject: record.Ref{Kind: record.Patient, ID: "p-3"}, At: wall(2026, 1, 1)}
	all["connection"] = stand{c.Describe, "connections.csv", []question{
		{"reading", func() gate.Reason { return c.Record(garmin, reading, who[2]) }, gate.Kept},
		{"whose", func() gate.Reason { _, r := c.Whose(reading.Subject, wall(2026, 7, 1)); return r }, gate.AfterConnect},
		{"entry", func() gate.Reason { return c.Record(phr, entry, who[2]) }, gate.BeforeConnect},
	}}

	a, err := f.Agreement()
	check(t, err)
	gp := record.Feed{Name: "gp", Kind: record.Shared, Organisation: "QNC"}
	all["agreement"] = stand{a.Describe, "agreements.csv", []question{
		{"feed's", func() gate.Reason { return a.Record(gp, entry, who[0]) }, gate.Kept},
		{"other", func() gate.Reason { return a.Record(gp, &record.Head{Organisation: "RJE"}, who[0]) }, gate.NoAgreement},
	}}

	s, err := f.Sensitive()
	check(t, err)
	shared := record.Feed{Kind: record.Shared}
	fertility := &record.Head{Codings: []record.Coding{{System: term.SNOMED, Code: "44054006"}, {System: term.ICD10, Code: "n97.1"}}}
	all["sensitive"] = stand{s.Describe, "sensitive.yaml", []question{
		{"by code", func() gate.Reason { return s.Record(shared, fertility, who[0]) }, gate.SensitiveCode},
		{"plain", func() gate.Reason { return s.Record(shared, plain, who[0]) }, gate.Kept},
	}}
	return f, all
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// each runs a test for every gate.
func each(t *testing.T, test func(t *testing.T, f *Folder, s stand)) {
	f, all := stands(t)
	if len(all) != len(gates) {
		t.Fatalf("%d gates stand, there are %d", len(all), len(gates))
	}
	for name, s := range all {
		t.Run(name, func(t *testing.T) { test(t, f, s) })
	}
}

// TestAnswersAreTheSameFromEverywhere asks every question many times from many
// goroutines, after the files are gone.
func TestAnswersAreTheSameFromEverywhere(t *testing.T) {
	each(t, func(t *testing.T, f *Folder, s stand) {
		os.Remove(f.Path(s.file))
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for range 200 {
					for _, q := range s.questions {
						if got := q.ask(); got != q.want {
							t.Errorf("%s: got %v, want %v", q.name, got, q.want)
							return
						}
					}
				}
			})
		}
		all.Wait()
	})
}

func TestAnswersAllocateNothing(t *testing.T) {
	each(t, func(t *testing.T, _ *Folder, s stand) {
		for _, q := range s.questions {
			if n := testing.AllocsPerRun(100, func() { q.ask() }); n != 0 {
				t.Errorf("%s: %v allocations", q.name, n)
			}
		}
	})
}

// TestDescriptions holds what goes into the manifest to one line that names the
// file by its digest and nobody at all.
func TestDescriptions(t *testing.T) {
	each(t, func(t *testing.T, f *Folder, s stand) {
		data, err := os.ReadFile(f.Path(s.file))
		check(t, err)
		text := s.describe()
		for _, want := range []string{s.file, fmt.Sprintf("%x", sha256.Sum256(data)), "2026-11-"} {
			if !strings.Contains(text, want) {
				t.Errorf("%q does not say %q", text, want)
			}
		}
		if strings.Contains(text, "\n") || strings.Contains(text, f.Dir) {
			t.Errorf("%q is more than one line, or tells the folder", text)
		}
		if leak := f.Leak(text); leak != "" {
			t.Errorf("%q holds %s", text, leak)
		}
	})
}

// TestLeakFinds is that the search which the tests rely on finds what it should.
func TestLeakFinds(t *testing.T) {
	f := New(t, 10)
	p := f.People[3]
	for _, text := range []string{p, p[:3] + " " + p[3:6] + " " + p[6:], p[:3] + "-" + p[3:6] + "-" + p[6:], "x" + Account + "y"} {
		if f.Leak("before "+text+" after") == "" {
			t.Errorf("%q is not found", text)
		}
	}
	if got := f.Leak("nothing here 9990000000"); got != "" {
		t.Errorf("found %s where there is nothing", got)
	}
}
