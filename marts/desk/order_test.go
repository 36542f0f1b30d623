package desk

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// TestOrderOfBefore holds that a request of a program that ordered the rows by their text
// still leaves as it was asked; and that none does whose figures are others.
func TestOrderOfBefore(t *testing.T) {
	for _, wrong := range []bool{false, true} {
		o := newOffice(t)
		o.publish("bands", `SELECT range AS person_id, CASE range % 3 WHEN 0 THEN '0-4' WHEN 1 THEN '5-9' ELSE '10-14' END AS place, range % 2 = 0 AS fell FROM range(600)`)
		id := o.lies(func(r *Request, made *made) {
			m, err := o.published(o.from)
			o.must(err)
			q, p, err := o.understand(Asked{Text: falls, Purpose: "planning", Context: "the board"}, m)
			o.must(err)
			o.must(made.table.Close())
			*made, err = o.answer(context.Background(), *r, task{q, p, o.from, nil, strings.Repeat("b", 26), true})
			o.must(err)
			if r.Program = "earlier"; wrong {
				o.shows(made, 0, 1, "5")
			}
		})
		if wrong {
			_, err := o.Look(context.Background(), o.bob, id)
			if !errors.Is(err, ErrDiffers) || !strings.Contains(err.Error(), "the figures shown") {
				t.Error(err)
			}
			continue
		}
		o.approve(o.bob, id)
		o.approve(o.cyd, id)
		if o.state(id) != Released {
			t.Error(o.state(id), why(o))
		}
		o.must(Verify(o.config))
	}
}
