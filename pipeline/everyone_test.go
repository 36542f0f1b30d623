package pipeline

import (
	"context"
	"slices"
	"testing"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
	"secondaryuse/pipeline/source"
)

// crowd is a source of persons.
type crowd struct {
	source.Source
	persons []record.Person
}

func (crowd) Shards(context.Context, source.Pass) ([]source.Shard, error) {
	return []source.Shard{{File: "a.ndjson"}}, nil
}

func (c crowd) Read(_ context.Context, pass source.Pass, _ source.Shard, b *record.Block, yield func() error) error {
	if pass == peoplePass {
		b.Persons = append(b.Persons, c.persons...)
	}
	return yield()
}

// owners says whose accounts there are.
type owners []identity.Number

func (owners) Whose(record.Ref, term.Time) (identity.Number, gate.Reason) {
	return identity.Number{}, gate.UnknownPerson
}

func (o owners) Numbers() []identity.Number { return o }

// TestEveryone holds that everybody whom a feed names, by reference or by number,
// and everybody who has an account, is listed once, and nobody who is only a former
// number, or whose number cannot be used.
func TestEveryone(t *testing.T) {
	number := func(text string) identity.Number {
		n, err := identity.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	person := func(id string, n identity.Number) (p record.Person) {
		p.ID, p.Number = record.Ref{Kind: record.Patient, ID: id}, n
		return p
	}
	a, b, c, former := number("9434765919"), number("9990000018"), number("9990000026"), number("9990000034")
	older := person("c", a)
	older.Former = []record.Former{{Number: former, Sure: true}}
	bad := person("d", identity.Number{})
	bad.Fault = record.BadCheckDigit
	src := crowd{persons: []record.Person{person("a", a), person("b", a), older, bad, person("", b)}}
	r := Run{Progress: unseen{}, Gates: gate.Gates{Accounts: owners{c, a}},
		Feeds: []Feed{{Feed: record.Feed{Name: "care"}, Folder: "there", Open: func(string, []string) (source.Source, error) { return src, nil }}}}
	all, err := r.Everyone(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := slices.Collect(all)
	if len(got) != 3 || !slices.Contains(got, a) || !slices.Contains(got, b) || !slices.Contains(got, c) {
		t.Errorf("%d are listed", len(got))
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := r.Everyone(ctx); err == nil {
		t.Error("a list that is not whole is one")
	}
}
