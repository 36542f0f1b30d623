package sourcetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"secondaryuse/deid/record"
	"secondaryuse/pipeline/source"
)

// The canaries: what is planted in keys, string values and numbers of the
// input, and must not be said again.
const (
	canary      = "Zqxcanary"
	canaryDigit = "918273645546"
)

// seen is one row that was read, in a form that outlives its block.
type seen struct {
	file    string
	dataset string
	line    int64
	from    int64 // where its text lies in the file, and how long that is
	size    int64
	part    int32
	divided bool   // it says to which sections it belongs
	head    string // the head with Part, At, Sections and Line left out
	text    string // everything but Line
}

// reading is what became of a feed, or of one shard.
type reading struct {
	rows    []seen
	persons []string // who each person is: reference, number, fault
	gone    []string // which persons are deleted, and up to which version
	rejects []rejected
	read    int64
	unused  int64
	deleted int64
}

type rejected struct {
	file string
	record.Reject
}

// errShards marks an error of Shards.
var errShards = errors.New("the feed is refused as a whole")

// readAll reads every shard of the feed in turn and checks each reading.
func readAll(f Fixture, dir string, pass source.Pass) (*reading, error) {
	src, err := f.Open(dir)
	if err != nil {
		return nil, quiet("open", err)
	}
	list, err := src.Shards(context.Background(), pass)
	if err != nil {
		return nil, errors.Join(errShards, quiet("shards", err))
	}
	all := &reading{}
	for _, s := range list {
		if err := all.add(src, pass, s); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// add reads one shard and checks what the contract says of any reading.
func (r *reading) add(src source.Source, pass source.Pass, s source.Shard) error {
	one := &reading{}
	b := &record.Block{}
	scribble(b)
	err := src.Read(context.Background(), pass, s, b, func() error {
		defer scribble(b)
		return one.take(s.File, b, pass)
	})
	if err != nil {
		return quiet("read "+s.File, err)
	}
	if pass == source.Rows {
		if err := one.balanced(s.File); err != nil {
			return err
		}
	}
	r.join(one)
	return nil
}

func (r *reading) join(o *reading) {
	r.rows = append(r.rows, o.rows...)
	r.persons = append(r.persons, o.persons...)
	r.gone = append(r.gone, o.gone...)
	r.rejects = append(r.rejects, o.rejects...)
	r.read += o.read
	r.unused += o.unused
	r.deleted += o.deleted
}

// take copies what a block holds.
func (r *reading) take(file string, b *record.Block, pass source.Pass) error {
	r.read += b.Read
	for kind, n := range b.Unused {
		if err := silent("unused kind", string(kind)); err != nil {
			return err
		}
		r.unused += n
	}
	r.deleted += int64(len(b.Deletions))
	for i := range b.Deletions {
		if h := &b.Deletions[i].Head; h.ID.Kind == record.Patient {
			r.gone = append(r.gone, text(h.ID)+text(h.Version))
		}
	}
	for _, reject := range b.Rejects {
		if err := said(reject); err != nil {
			return err
		}
		reject.Field, reject.Reason = strings.Clone(reject.Field), strings.Clone(reject.Reason)
		r.rejects = append(r.rejects, rejected{file, reject})
	}
	r.rows = append(r.rows, rowsOf(file, b)...)
	for i := range b.Persons {
		p := &b.Persons[i]
		if p.Number.Zero() && p.Fault == record.NoFault {
			return fmt.Errorf("%s: a person without a number and without a fault", file)
		}
		r.persons = append(r.persons, text(p.ID)+text(p.Number)+text(p.Fault))
	}
	return nil
}

// said checks that a reject says what it must and nothing else.
func said(r record.Reject) error {
	if r.Reason == "" {
		return errors.New("a reject without a reason")
	}
	if r.Line < 0 {
		return errors.New("a reject with a negative line")
	}
	return silent("reject", string(r.Dataset)+" "+r.Field+" "+r.Reason)
}

// silent checks that a text says nothing of the input.
func silent(what, text string) error {
	low := strings.ToLower(text)
	if strings.Contains(low, strings.ToLower(canary)) || strings.Contains(low, canaryDigit[:8]) {
		return fmt.Errorf("%s repeats a value or a key of the input", what)
	}
	return nil
}

// quiet passes an error of the adapter on, or says that it told a value.
func quiet(what string, err error) error {
	if loud := silent("error of "+what, err.Error()); loud != nil {
		return loud
	}
	return fmt.Errorf("%s: %w", what, err)
}

// balanced checks that every record ended in exactly one tally and that every
// further row hangs on a first one.
func (r *reading) balanced(file string) error {
	first := map[string]bool{}
	var zero int64
	for _, s := range r.rows {
		if s.part == 0 && s.dataset != "Deletions" && s.dataset != "Wrappers" { // which are counted as unused
			zero++
			first[s.head] = true
		}
	}
	if sum := zero + r.deleted + int64(len(r.rejects)) + r.unused; r.read != sum {
		return fmt.Errorf("%s: %d records read, but %d rows with Part 0 + %d deletions + %d rejects + %d unused",
			file, r.read, zero, r.deleted, len(r.rejects), r.unused)
	}
	for _, s := range r.rows {
		if s.part < 0 {
			return fmt.Errorf("%s: line %d: %s has a negative Part", file, s.line, s.dataset)
		}
		if !s.divided && (s.dataset == "Readings" || s.dataset == "SelfRecords") {
			return fmt.Errorf("%s: line %d: %s row of no section: nobody could share it", file, s.line, s.dataset)
		}
		if s.part > 0 && s.dataset != "Persons" && !first[s.head] {
			return fmt.Errorf("%s: line %d: %s row with Part %d has not the head (ID, Codings, ...) of any row with Part 0",
				file, s.line, s.dataset, s.part)
		}
	}
	return nil
}

// same says how two readings differ, rows as multisets.
func same(got, want []seen) error {
	a, b := texts(got), texts(want)
	if len(a) != len(b) {
		return fmt.Errorf("%d rows, want %d", len(a), len(b))
	}
	for i := range a {
		if a[i] != b[i] {
			return fmt.Errorf("rows differ:\n got %s\nwant %s", a[i], b[i])
		}
	}
	return nil
}

func texts(rows []seen) []string {
	all := make([]string, len(rows))
	for i, s := range rows {
		all[i] = s.dataset + " " + s.text
	}
	slices.Sort(all)
	return all
}

// part returns the rows for which keep holds.
func part(rows []seen, keep func(seen) bool) []seen {
	var out []seen
	for _, s := range rows {
		if keep(s) {
			out = append(out, s)
		}
	}
	return out
}
