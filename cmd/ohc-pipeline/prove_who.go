package main

import (
	"bytes"
	"io"
	"regexp"
	"strconv"

	"secondaryuse/deid"
	"secondaryuse/deid/identity"
	"secondaryuse/deid/term"
	"secondaryuse/marts/domain"
	"secondaryuse/pipeline/locator"
)

// wanted is whom a proof looks for: everything that could stand for one of them,
// and which of them it is. It grows with the list alone.
type wanted struct {
	key     deid.Key
	feeds   []term.Word
	domains []domain.Key

	numbers map[identity.Number]int // which of them
	marks   locator.Set
	of      map[uint64]int
}

// add takes up somebody under a number.
func (w *wanted) add(n identity.Number, who int) {
	w.numbers[n] = who
	mark := func(m uint64) { w.marks.Add(m); w.of[m] = who }
	w.key.Mark(n, w.feeds, mark)
	for _, d := range w.domains {
		mark(uint64(d.ID(w.key.Person(n))))
	}
}

// spot is a place that is searched, and who was found in it.
type spot struct {
	*wanted
	name   string
	lawful bool // what is needed to go on leaving somebody out may name them
	files  int
	rows   int64
	found  map[int]bool // by which of those wanted
}

// Column is what is stored next: wherever somebody is, they are there.
func (p *spot) Column(string) {}

// ID takes up an integer that is stored.
func (p *spot) ID(id uint64) {
	if p.marks.Has(id) {
		p.found[p.of[id]] = true
	}
}

// Text takes up a text that is stored: a number as it is commonly written, or an
// id in decimal. What is shorter than an id may be anybody's code.
func (p *spot) Text(b []byte) {
	switch {
	case len(b) > 20:
	case len(b) > 12:
		if id, err := strconv.ParseUint(string(b), 10, 64); err == nil {
			p.ID(id)
		}
	case len(b) >= 10 && term.Personal(b):
		if n, err := identity.Parse(b); err == nil {
			p.number(n)
		}
	}
}

func (p *spot) number(n identity.Number) {
	if who, ok := p.numbers[n]; ok {
		p.found[who] = true
	}
}

// digits are what could be a number or an id in a text.
var digits = regexp.MustCompile(`[0-9]{3}[ -][0-9]{3}[ -][0-9]{4}|[0-9]+`)

// prose takes up whatever stands in a text of any form.
func (p *spot) prose(from io.Reader) error {
	const most = 64 << 20
	text, err := io.ReadAll(io.LimitReader(from, most+1))
	if err == nil && (len(text) > most || bytes.IndexByte(text, 0) >= 0) {
		err = errNoText
	}
	for _, word := range digits.FindAll(text, -1) {
		p.Text(word)
	}
	return err
}
