package pipeline

import (
	"errors"
	"fmt"
	"slices"

	"secondaryuse/deid"
	"secondaryuse/deid/gate"
	"secondaryuse/pipeline/stage"
	"secondaryuse/pipeline/stage/seal"
	"secondaryuse/pipeline/withdrawal"
)

// affected keeps who is affected by what this run is about to publish: who was in
// the run that is live, as a whole or with more than there is of them now, and who
// was not. It is told before anything is published, so that nobody can have gone
// without it; a run that then fails has told it all the same.
func (r *Run) affected(m seal.Manifest, of judgement) error {
	live, err := seal.Current(r.Stage)
	if errors.Is(err, seal.ErrNone) || r.Withdrawals == "" {
		return nil // nobody was in, or it is not kept
	}
	if err != nil {
		return err
	}
	record := withdrawal.Record{Run: r.ID, At: r.AsOf}
	d, err := r.differ(live, m)
	switch {
	case errors.Is(err, errBefore): // which is no hindrance to a run that reads everything anew
		record.Unknown = true
	case err != nil:
		return err
	default:
		record.Groups = d.groups(r.Key, of)
	}
	return withdrawal.Write(r.Withdrawals, record)
}

// errBefore says that what was staged before cannot be read.
var errBefore = errors.New("what was staged before cannot be read")

// judgement says why somebody is out.
type judgement struct {
	crossing *deid.Crossing
	closed   bool // who is not known to it may not be used
}

// differences are the people of whom a run holds another number of rows.
type differences struct{ out, less, in map[int64]bool }

// differ holds two runs against each other, dataset by dataset.
func (r *Run) differ(was, is seal.Manifest) (differences, error) {
	d := differences{make(map[int64]bool), make(map[int64]bool), make(map[int64]bool)}
	old, err := stage.Held(r.Stage, was)
	if err != nil {
		return d, fmt.Errorf("%w: %w", errBefore, err)
	}
	now, err := stage.Held(r.Stage, is)
	if err != nil {
		return d, err
	}
	among, sets := among(was, is, now), datasets(was, is)
	if among != nil && len(among) == 0 {
		return d, nil
	}
	wereIn, areIn := make(map[int64]bool), make(map[int64]bool) // where few are looked at: of whom there is a row
	for _, set := range sets {
		if sameParts(was, is, set) {
			continue
		}
		before, err := old.Rows(set, among)
		if err != nil {
			return d, fmt.Errorf("%w: %w", errBefore, err)
		}
		after, err := now.Rows(set, among)
		if err != nil {
			return d, err
		}
		if d.compare(before, after); among != nil {
			whose(wereIn, before)
			whose(areIn, after)
		}
	}
	if among != nil { // then no dataset was passed over
		part(d.in, wereIn, nil)
		part(d.less, areIn, d.out)
		return d, nil
	}
	if err := drop(old, sets, d.in, nil); err != nil {
		return d, fmt.Errorf("%w: %w", errBefore, err)
	}
	return d, drop(now, sets, d.less, d.out)
}

// compare takes up of whom a dataset has fewer rows than it had, and of whom it has
// some that had none.
func (d differences) compare(before, after map[int64]int32) {
	for id, n := range before {
		if after[id] < n {
			d.less[id] = true
		}
	}
	for id := range after {
		if before[id] == 0 {
			d.in[id] = true
		}
	}
}

func whose(in map[int64]bool, rows map[int64]int32) {
	for id := range rows {
		in[id] = true
	}
}

// drop takes away those of whom a run holds any row. Where rest is not nil, it
// takes those instead of whom it holds none, and puts them there.
func drop(h stage.Holding, sets []string, ids, rest map[int64]bool) error {
	if len(ids) == 0 {
		return nil
	}
	there := make(map[int64]bool)
	for _, set := range sets {
		held, err := h.Rows(set, ids)
		if err != nil {
			return err
		}
		for id := range held {
			there[id] = true
		}
	}
	part(ids, there, rest)
	return nil
}

// part is drop, where it is known who is there.
func part(ids, there, rest map[int64]bool) {
	for id := range ids {
		if there[id] == (rest == nil) {
			delete(ids, id)
			if rest != nil {
				rest[id] = true
			}
		}
	}
}

// among is who can differ: of a delta those touched in its layer; nil is anybody.
func among(was, is seal.Manifest, now stage.Holding) map[int64]bool {
	if is.Epoch == "" || is.Epoch != was.Epoch || is.Layer <= was.Layer || is.Since != was.Since {
		return nil
	}
	out := make(map[int64]bool)
	for id, layer := range now.Homes {
		if layer > was.Layer {
			out[id] = true
		}
	}
	return out
}

// datasets are those that either of two runs has.
func datasets(a, b seal.Manifest) (out []string) {
	for _, p := range slices.Concat(a.Parts, b.Parts) {
		if p.Dataset != seal.Touched {
			out = append(out, p.Dataset)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// sameParts reports whether two runs hold the very same rows in a dataset, all of
// which count.
func sameParts(a, b seal.Manifest, set string) bool {
	sums := func(m seal.Manifest) (out []string) {
		for _, p := range m.Parts {
			if p.Dataset == set {
				out = append(out, p.SHA256)
			}
		}
		slices.Sort(out)
		return out
	}
	flat := func(m seal.Manifest) bool { return m.Layer == m.Since }
	return flat(a) && flat(b) && slices.Equal(sums(a), sums(b))
}

// groups says who is affected, by reason, as digests.
func (d differences) groups(key deid.Key, of judgement) (out []withdrawal.Group) {
	add := func(c withdrawal.Change, gate, reason string, id int64) {
		i := slices.IndexFunc(out, func(g withdrawal.Group) bool { return g.Change == c && g.Reason == reason })
		if i < 0 {
			i, out = len(out), append(out, withdrawal.Group{Change: c, Gate: gate, Reason: reason})
		}
		out[i].Digests = append(out[i].Digests, withdrawal.Digest(key.Withdrawal(id)))
	}
	why := of.crossing.Why(d.out, of.closed)
	for id := range d.out {
		if r := why[id]; r != gate.Kept {
			add(withdrawal.Out, r.Gate(), r.String(), id)
		} else {
			add(withdrawal.Out, "", "no record of theirs may be used, or is there", id)
		}
	}
	for id := range d.less {
		add(withdrawal.Less, "", "records of theirs may not be used any more, or are not there", id)
	}
	for id := range d.in {
		add(withdrawal.In, "", "they were not in before", id)
	}
	slices.SortFunc(out, func(a, b withdrawal.Group) int {
		return slices.Compare([]string{string(a.Change), a.Gate, a.Reason}, []string{string(b.Change), b.Gate, b.Reason})
	})
	return out
}
