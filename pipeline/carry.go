package pipeline

import (
	"context"
	"errors"

	"secondaryuse/deid"
	"secondaryuse/deid/gate"
	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/pipeline/locator"
	"secondaryuse/pipeline/stage"
	"secondaryuse/pipeline/stage/seal"
)

// carrier takes the blocks of one goroutine from the source to the stage. It
// keeps one of everything, so that nothing is allocated for a row.
type carrier struct {
	keeper   *gate.Keeper
	crossing *deid.Crossing
	writer   *stage.Writer
	desks    []desk    // by feed
	surveyor *surveyor // nil: nothing is kept for later deltas
	hangs    *hangs    // of a delta; else nil
	rows     struct {
		person       []row.Person
		problem      []row.Problem
		observation  []row.Observation
		medication   []row.Medication
		allergy      []row.Allergy
		immunisation []row.Immunisation
		encounter    []row.Encounter
		procedure    []row.Procedure
		referral     []row.Referral
		appointment  []row.Appointment
		carePlan     []row.CarePlan
		selfRecord   []row.SelfRecord
		reading      []row.Reading
		tombstone    []row.Tombstone
		link         []row.Link
		unlinked     []row.Unlinked
		exclusion    []row.Exclusion
	}
}

// desk is where the records of one feed are judged and cross.
type desk struct {
	feed  record.Feed
	judge *gate.Desk
	cross *deid.Desk
}

func newCarrier(feeds []Feed, k *gate.Keeper, c *deid.Crossing, w *stage.Writer) *carrier {
	car := &carrier{keeper: k, crossing: c, writer: w}
	for _, f := range feeds {
		car.desks = append(car.desks, desk{f.Feed, k.Desk(), c.Desk(f.Feed)})
	}
	return car
}

// block takes one block the whole way: a line for each dataset.
func (c *carrier) block(feed int, b *record.Block) error {
	d, r := &c.desks[feed], &c.rows
	return errors.Join(
		c.persons(d, b.Persons),
		carry(c, d, b.Problems, &r.problem),
		carry(c, d, b.Observations, &r.observation),
		carry(c, d, b.Medications, &r.medication),
		carry(c, d, b.Allergies, &r.allergy),
		carry(c, d, b.Immunisations, &r.immunisation),
		carry(c, d, b.Encounters, &r.encounter),
		carry(c, d, b.Procedures, &r.procedure),
		carry(c, d, b.Referrals, &r.referral),
		carry(c, d, b.Appointments, &r.appointment),
		carry(c, d, b.CarePlans, &r.carePlan),
		carry(c, d, b.SelfRecords, &r.selfRecord),
		carry(c, d, b.Readings, &r.reading),
		c.deletions(d, b.Deletions),
		c.heard(d, b.Heard),
		c.wrappers(d, b.Wrappers),
	)
}

// keyed is a pointer to a row, whose Key can be reached.
type keyed[X row.Row] interface {
	*X
	Keyed() *row.Key
}

// carry takes the rows of one dataset from the gate to the stage.
func carry[X row.Row, P keyed[X]](c *carrier, d *desk, rows []record.Of[X], buf *[]X) error {
	if len(rows) == 0 {
		return nil
	}
	admitted := gate.Admit(d.judge, d.feed, rows)
	var batch deid.Batch[X]
	batch, *buf = deid.Cross[X, P](d.cross, admitted, *buf)
	var links deid.Batch[row.Link]
	links, c.rows.link = deid.Links(d.cross, admitted, c.rows.link)
	var alone deid.Batch[row.Unlinked]
	alone, c.rows.unlinked = deid.Unlinked(d.cross, admitted, c.rows.unlinked)
	if c.hangs != nil {
		note[X, P](c.hangs, batch.Rows(), links.Rows())
	}
	return errors.Join(stage.Append(c.writer, batch), stage.Append(c.writer, links), stage.Append(c.writer, alone), c.left(d))
}

func (c *carrier) persons(d *desk, rows []record.Person) error {
	if len(rows) == 0 {
		return nil
	}
	var batch deid.Batch[row.Person]
	batch, c.rows.person = deid.CrossPersons(d.cross, gate.AdmitPersons(d.judge, d.feed, rows), c.rows.person)
	return errors.Join(stage.Append(c.writer, batch), c.left(d))
}

func (c *carrier) deletions(d *desk, rows []record.Of[row.Tombstone]) error {
	if len(rows) == 0 {
		return nil
	}
	var batch deid.Batch[row.Tombstone]
	batch, c.rows.tombstone = deid.Cross(d.cross, gate.AdmitDeletions(d.judge, d.feed, rows), c.rows.tombstone)
	return stage.Append(c.writer, batch)
}

// heard has the rejected records speak against the use of data.
func (c *carrier) heard(d *desk, heads []record.Of[row.Tombstone]) error {
	if len(heads) == 0 {
		return nil
	}
	d.judge.Hear(d.feed, heads)
	return c.left(d)
}

// wrappers has the records of which no row is made hold together what they refer
// to.
func (c *carrier) wrappers(d *desk, heads []record.Of[row.Tombstone]) error {
	if len(heads) == 0 {
		return nil
	}
	d.judge.Wrap(d.feed, heads)
	return c.left(d)
}

// left stages what must go because of the records just left out: what hangs on
// a sensitive one, and older versions of any; and what the others refer to.
func (c *carrier) left(d *desk) error {
	var roots deid.Batch[row.Exclusion]
	roots, c.rows.exclusion = deid.Roots(d.cross, d.judge.Roots, c.rows.exclusion)
	c.hangs.root(roots.Rows())
	var out deid.Batch[row.Tombstone]
	out, c.rows.tombstone = deid.Out(d.cross, d.judge.Out, c.rows.tombstone)
	var bonds deid.Batch[row.Link]
	bonds, c.rows.link = deid.Bonds(d.cross, d.judge.Bound, c.rows.link)
	c.hangs.link(bonds.Rows())
	return errors.Join(stage.Append(c.writer, roots), stage.Append(c.writer, out), stage.Append(c.writer, bonds))
}

// crew is the carriers of a run, one a core.
type crew []*carrier

// newCrew returns carriers that write to the run's folder. Where the run keeps
// what later deltas need they survey what they carry, and in a delta they take
// down what hangs on what.
func (r *Run) newCrew(k *gate.Keeper, c *deid.Crossing, delta bool) crew {
	all := make(crew, workers())
	dir := seal.Dir(r.Stage, r.ID)
	for i := range all {
		all[i] = newCarrier(r.Feeds, k, c, stage.NewWriter(dir, i))
		if r.Keep {
			all[i].surveyor = &surveyor{dir: dir, worker: i, writers: make(map[delivery]*locator.Writer)}
		}
		if delta {
			all[i].surveyor.seen, all[i].hangs = newSeen(), newHangs()
		}
	}
	return all
}

// carry reads batches and stages what may be used of them. Where it fails the
// parts are closed: a daemon would keep them open for ever.
func (r *Run) carry(ctx context.Context, all crew, account *Account, from []batch) (err error) {
	defer func() {
		for _, c := range all {
			if err == nil {
				return
			}
			c.writer.Close() // what it says is of parts that nobody will read
			if c.surveyor != nil {
				c.surveyor.close(r.Feeds, 0)
			}
		}
	}()
	return r.read(ctx, rowsPass, from, func(worker int, t *task, b *record.Block) error {
		if err := account.block(ctx, t.feed, t.file, b); err != nil {
			return err
		}
		if err := all[worker].survey(t, b); err != nil {
			return err
		}
		return all[worker].block(t.feed, b)
	})
}

// close ends the parts and returns them, those of rows and those that only
// later deltas need.
func (all crew) close(feeds []Feed, layer int64, account *Account) (parts, state []seal.Part, err error) {
	var errs []error
	for _, c := range all {
		p, err := c.writer.Close()
		parts = append(parts, p...)
		errs = append(errs, err)
		if c.surveyor != nil {
			s, err := c.surveyor.close(feeds, layer)
			state = append(state, s...)
			errs = append(errs, err)
		}
		account.admitted(c.desks)
	}
	for i := range parts {
		parts[i].Layer = layer
	}
	return parts, state, errors.Join(errs...)
}
