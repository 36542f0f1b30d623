package disclose

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// halvings is how often the persons are halved by chance to see whether a row is
// its person's. What a row says of one other person shows in any halving with an
// even chance, and what several rows say of them all but surely in the first.
const halvings = 3

// errOthers is about a SELECT whose rows are not each a person's own.
var errOthers = fmt.Errorf("%w: what the SELECT says of a person depends on the records of others: counts, ranks, quantiles, joins to another person, LIMIT or HAVING over persons let a row tell of somebody else; "+
	"next: ask for the bound by itself (ohc-marts query \"SELECT median(value) FROM ...\") and write the number into the question, where reviewers see it: WHERE value > 53.5 and not WHERE value > (SELECT median(value) FROM ...); "+
	"a rank as bands: CASE WHEN value < 48 THEN 'under 48' ELSE '48 and over' END; leave out HAVING and LIMIT: groups that are too small are hidden anyway. A window over one person's own records (PARTITION BY person_id) is in order", ErrRefused)

// errTallies is why no question reads a mart that holds counts of persons.
const errTallies = "holds counts of persons of which no rule has hidden any, and they would leave as they are; next: count persons, from the marts that it is made of (ohc-marts describe says which)"

// personal takes the marts out that are of nobody and of everybody: what they say does
// not change with half of the persons, and is not looked for.
func (in *Input) personal(ctx context.Context) error {
	marts, err := in.Marts.Impersonal(ctx)
	if err != nil {
		return err
	}
	marts = slices.DeleteFunc(marts, func(m string) bool { return slices.Contains(in.Nobody, m) })
	return in.Marts.Without(ctx, errTallies, marts...)
}

// outline is what a SELECT has given, so that two answers can be held to each
// other without having them.
type outline struct {
	rows, exact int64     // how many rows, and the sum of their hashes
	fractions   []float64 // sums over the columns of floating point, each weighed by person
}

// local checks that the rows of each person are the same whoever else there is: of
// two halves of the persons, asked for one after the other, they make up the whole.
// Which halves, nobody can know beforehand.
func (in *Input) local(ctx context.Context, t *table) (err error) {
	defer func() { err = errors.Join(err, in.Marts.Only(ctx, "")) }()
	weigh := in.outlines(t, chance())
	whole, err := in.outline(ctx, weigh)
	for range halvings {
		if err != nil {
			return err
		}
		salt := chance()
		var both outline
		for side := range 2 {
			if err := in.Marts.Only(ctx, fmt.Sprintf("hash(person_id, CAST(%d AS UBIGINT)) %% 2 = %d", salt, side)); err != nil {
				return err
			}
			half, err := in.outline(ctx, weigh)
			if err != nil {
				return err
			}
			both.add(half)
		}
		if !whole.equal(both) {
			return errOthers
		}
	}
	return nil
}

func chance() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // which does not fail
	return binary.BigEndian.Uint64(b[:]) >> 1
}

// modulus keeps sums of hashes within a BIGINT.
const modulus = 1 << 61

// outlines is the question for an outline. Hashes are not of floating point, as
// that may be added up in another order.
func (in *Input) outlines(t *table, salt uint64) string {
	exact, sums := []string{"person_id", fmt.Sprintf("CAST(%d AS UBIGINT)", salt)}, ""
	for _, d := range t.q.Dimensions {
		exact = append(exact, quoted(d.Name))
	}
	for _, c := range t.columns() {
		if !t.floating[c] {
			exact = append(exact, quoted(c))
			continue
		}
		sums += fmt.Sprintf(", COALESCE(sum(CAST(%s AS DOUBLE) * (1 + CAST(hash(person_id, CAST(%d AS UBIGINT)) %% 1000 AS DOUBLE))), 0)", quoted(c), salt)
	}
	return fmt.Sprintf("SELECT count(*), CAST(COALESCE(sum(hash(%s)), 0) %% %d AS BIGINT)%s FROM (%s) AS plain", strings.Join(exact, ", "), int64(modulus), sums, t.plain())
}

func (in *Input) outline(ctx context.Context, question string) (o outline, err error) {
	err = in.ask(ctx, question, func(row []any) error {
		o.rows, _ = row[0].(int64)
		o.exact, _ = row[1].(int64)
		for _, v := range row[2:] {
			f, _ := v.(float64)
			o.fractions = append(o.fractions, f)
		}
		return nil
	})
	return o, err
}

func (o *outline) add(half outline) {
	o.rows, o.exact = o.rows+half.rows, (o.exact+half.exact)%modulus
	if o.fractions == nil {
		o.fractions = make([]float64, len(half.fractions))
	}
	for i, v := range half.fractions {
		o.fractions[i] += v
	}
}

// equal says that two outlines are of the same rows. A sum of floating point that is
// made in another order may differ in its last digits.
func (o *outline) equal(other outline) bool {
	for i, v := range o.fractions {
		if !(math.Abs(v-other.fractions[i]) <= 1e-9*math.Abs(v)) {
			return false
		}
	}
	return o.rows == other.rows && o.exact == other.exact
}
