package area

import (
	"secondaryuse/testdata/population/internal/chance"
	"secondaryuse/testdata/population/internal/figure"
)

// Agreement says whether an organisation's data may flow.
type Agreement uint8

// The kinds of agreement.
const (
	Signed  Agreement = iota // since before the population's history begins
	Never                    // none
	Expired                  // ended before the population's history begins
)

// Practice is a GP practice.
type Practice struct {
	Code, Name string
	PCN, Was   int // index of its network; and of the one it left in 2025, or -1
	Board      int
	Agreement  Agreement
}

// Trust is an organisation that people are referred to or that visits them.
type Trust struct {
	Code, Name string
	Site       string // what a hospital table names it by
	Board      int
	Acute      bool
	Tables     bool // sends hospital tables; the others send FHIR
	Mental     bool
	Council    bool
	Agreement  Agreement
}

// practices gives each board its practices, in networks of about six.
func (m *Map) practices(r *chance.Rand, board int) {
	icb := &figure.ICBs[board]
	first := 0
	for b := range board {
		first += figure.ICBs[b].PCNs
	}
	for i := range icb.Practices {
		n := len(m.Practices)
		p := Practice{
			Code: "X" + digits(10_007+n*53, 5), Name: name(r) + " Surgery",
			PCN: first + i*icb.PCNs/icb.Practices, Was: -1, Board: board,
		}
		switch {
		case n%101 == 40:
			p.Agreement = Never
		case n%202 == 77:
			p.Agreement = Expired
		case n%80 == 13 && p.PCN > first:
			p.Was = p.PCN - 1
		}
		m.Practices = append(m.Practices, p)
		m.weights[board] = append(m.weights[board], 0.4+1.6*r.Float()*r.Float()+0.4*r.Float())
	}
}

// PCN returns the code and the name of a network.
func PCN(n int) (code, name string) { return "U9" + digits(1_003+n*17, 4), "Network " + digits(n+1, 2) }

var syllables = []string{"bren", "cax", "dul", "fen", "gor", "hax", "jum", "kel", "lor", "mip", "nax", "pol", "quar", "rus", "sil", "tov", "ulm", "vex", "wyn", "zed"}

// name invents a place.
func name(r *chance.Rand) string {
	s := chance.One(r, syllables) + chance.One(r, syllables) + chance.One(r, syllables)
	return string(s[0]-'a'+'A') + s[1:]
}

func trusts() []Trust {
	return []Trust{
		{Code: "RZ1", Site: "RZ100", Name: "Northern Acute Trust", Board: 0, Acute: true, Tables: true},
		{Code: "RZ2", Site: "RZ200", Name: "Northern Community and Mental Health Trust", Board: 0, Mental: true},
		{Code: "RZ3", Site: "RZ300", Name: "Western Acute Trust", Board: 1, Acute: true},
		{Code: "RZ4", Site: "RZ400", Name: "Western Community Trust", Board: 1, Mental: true},
		{Code: "RZ5", Site: "RZ500", Name: "Southern Acute Trust", Board: 2, Acute: true, Tables: true},
		{Code: "RZ6", Site: "RZ600", Name: "Eastern Acute Trust", Board: 2, Acute: true},
		{Code: "RZ7", Site: "RZ700", Name: "Central Acute Trust", Board: 2, Acute: true, Tables: true},
		{Code: "RZ8", Site: "RZ800", Name: "Southern Mental Health Trust", Board: 2, Mental: true},
		{Code: "RZ9", Site: "RZ900", Name: "Borders Acute Trust", Board: 2, Acute: true, Tables: true, Agreement: Never},
		{Code: "981", Site: "98100", Name: "Northern Council", Board: 0, Council: true},
		{Code: "982", Site: "98200", Name: "Western Council", Board: 1, Council: true},
		{Code: "983", Site: "98300", Name: "Southern Council", Board: 2, Council: true},
	}
}

// Acute draws the hospital that people of a practice go to: mostly the nearest,
// sometimes one without an agreement.
func (m *Map) Acute(r *chance.Rand, practice int) int {
	p := &m.Practices[practice]
	if r.Hit(0.01) {
		return 8
	}
	switch p.Board {
	case 0:
		return 0
	case 1:
		return 2
	}
	return [3]int{4, 5, 6}[practice%3]
}

// Local returns the trust of a board that is a council, or one that is not and
// offers mental health and community care.
func (m *Map) Local(board int, council bool) int {
	for i := range m.Trusts {
		if t := &m.Trusts[i]; t.Board == board && (council && t.Council || !council && t.Mental) {
			return i
		}
	}
	return 0
}
