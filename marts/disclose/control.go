package disclose

import (
	"context"
	"errors"
	"fmt"

	"secondaryuse/marts/disclose/differ"
)

// Input is what Control judges.
type Input struct {
	Question Question
	Profile  Profile
	Snapshot string                  // its id
	Domain   string                  // fingerprint of the key that its person ids are of
	Marts    engine                  // a reader.Reader of the snapshot, and of nothing else afterwards: Control takes marts out
	Nobody   []string                // marts that say nothing of any person, as those with counts of persons do
	Person   func(id int64) [16]byte // the register's digest of a person of the snapshot
	Folder   string                  // 0700: where it is kept whom the figures of earlier releases count
	Key      differ.Key              // the register's own, that Folder is kept with
	Earlier  []string                // the releases in Folder that it is compared with; nil: all
	AsText   bool                    // rows in the order of their text and findings in the plural, as programs before had them
	found    differ.Found
	heavy    []Finding         // of weights
	types    map[string]string // of the SELECT's columns
}

// version is that of the form of Record and of the rules in this package.
const version = "1"

// Control makes the table that was asked for and takes out of it what may not
// leave. Where it may not leave at all the error wraps ErrRefused, and the
// review's findings say why. Close what is released, whatever becomes of it.
func Control(ctx context.Context, in Input) (out Released, r Review, err error) {
	if err := in.wrong(); err != nil {
		return Released{}, Review{}, err
	}
	sheet, err := in.begin()
	if err != nil {
		return Released{}, Review{}, fmt.Errorf("disclose: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("disclose: %w", err), sheet.Close())
		}
	}()
	t, err := in.tabulate(ctx, sheet)
	if err != nil {
		return Released{}, Review{}, err
	}
	if in.heavy, err = in.weights(ctx, t); err != nil {
		return Released{}, Review{}, err
	}
	p := &in.Profile
	t.hideSmall(p)
	if err := t.hideOthers(p, sheet, &in); err != nil {
		return Released{}, in.review(t, in.record(t)), err
	}
	t.hideMeans()
	t.tell(p)
	if err := in.spoken(ctx, t); err != nil {
		return Released{}, in.review(t, in.record(t)), err
	}
	return in.release(t, sheet)
}

// hideOthers hides what tells of hidden figures or of a few people together with
// others: with totals first, so that a table that is asked for again is the same
// again; with earlier releases; and with totals what was hidden for these.
func (t *table) hideOthers(p *Profile, sheet *differ.Sheet, in *Input) (err error) {
	if err := t.protect(p); err != nil {
		return err
	}
	if in.found, err = t.difference(p, sheet, in.Earlier); err != nil || len(in.found.Hide) == 0 {
		return err
	}
	return t.protect(p)
}

// begin begins to take down who is counted.
func (in *Input) begin() (*differ.Sheet, error) {
	store, err := differ.Open(in.Folder, in.Key)
	if err != nil {
		return nil, err
	}
	return store.Begin(in.Domain)
}

// wrong says what Control was not given. Rules that are not those of the profile
// they are named for are not applied, and without the people of earlier releases
// nothing leaves.
func (in *Input) wrong() error {
	if p, err := Choose(in.Profile.Name); err != nil || p != in.Profile {
		return errors.Join(fmt.Errorf("disclose: %q is not a profile as it is built in: take it from Choose", in.Profile.Name), err)
	}
	if in.Marts == nil || in.Person == nil || in.Key == nil || in.Folder == "" || in.Domain == "" || in.Snapshot == "" {
		return errors.New("disclose: want a snapshot, its domain, the register's digests and its folder")
	}
	return nil
}

// release puts together what leaves and what is told about it.
func (in *Input) release(t *table, sheet *differ.Sheet) (Released, Review, error) {
	figures, _ := t.numbers(&in.Profile)
	r := Released{record: in.record(t), sheet: sheet, figures: figures}
	suffix := map[bool]string{}
	if in.Profile.Round == "midpoint" {
		suffix = map[bool]string{true: fmt.Sprintf("_midpoint%d", in.Profile.Base), false: fmt.Sprintf("_midpoint%d_derived", in.Profile.Base)}
	}
	for _, d := range in.Question.Dimensions {
		r.columns = append(r.columns, d.Name)
	}
	for _, m := range in.Question.Measures {
		r.columns = append(r.columns, m.Name+suffix[m.counted()])
	}
	for _, c := range t.rows(in.AsText) {
		var row []string
		for _, v := range c.at {
			row = append(row, cmpOr(v, total))
		}
		r.rows = append(r.rows, append(row, c.shown...))
	}
	review := in.review(t, r.record)
	review.True = t.exact(in.AsText)
	for _, f := range review.Findings {
		if f.Refuses {
			return Released{}, review, fmt.Errorf("%w: %s", ErrRefused, f.Text)
		}
	}
	return r, review, nil
}
