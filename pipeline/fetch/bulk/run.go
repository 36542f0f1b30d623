package bulk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"secondaryuse/pipeline/durable"
	"secondaryuse/pipeline/fetch"
)

// run is one Fetch.
type run struct {
	*Fetcher
	link  *link
	last  fetch.Last
	since time.Time
	dir   string
	show  fetch.Progress

	renew sync.Mutex // held while addresses are asked for anew
	mu    sync.Mutex // holds what follows, and the addresses in it
	state *state
	names names
	lacks []string // what was wanting, in words
	said  string   // by the server of its progress
}

// Fetch brings what has changed.
func (f *Fetcher) Fetch(ctx context.Context, last fetch.Last, dir string, p fetch.Progress) (fetch.Delivery, error) {
	d, err := f.fetch(ctx, last, dir, p)
	if err != nil && !errors.Is(err, fetch.ErrNothing) {
		err = f.name(err)
	}
	return d, err
}

func (f *Fetcher) fetch(ctx context.Context, last fetch.Last, dir string, p fetch.Progress) (d fetch.Delivery, err error) {
	r := &run{Fetcher: f, last: last, dir: dir, show: p}
	if r.since, err = sinceOf(last); err != nil {
		return d, err
	}
	if err := ctx.Err(); err != nil {
		return d, err
	}
	if r.link, err = f.dial(); err != nil {
		return d, err
	}
	defer r.link.close()
	if r.state, err = openState(dir, r.ask()); err != nil {
		return d, err
	}
	defer r.state.file.Close()
	r.names = numbered(r.state)
	return r.deliver(ctx)
}

// ask is what is asked for, as a digest: what was left by a Fetch that asked
// for something else is of no use.
func (r *run) ask() string {
	c := r.config
	text, _ := json.Marshal([]any{1, r.endpoint(), c.Types, c.Filters, c.Accept, c.Edition, r.last.Mark})
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// deliver brings everything, and says what came.
func (r *run) deliver(ctx context.Context) (fetch.Delivery, error) {
	if r.whole() {
		return *r.state.End, nil
	}
	left, err := r.exports(ctx)
	if err != nil {
		return fetch.Delivery{}, r.spoilt(ctx, err)
	}
	d, err := r.account(left)
	if err != nil {
		return d, r.spoilt(ctx, err)
	}
	if d.Whole || r.brought(left) {
		return d, r.end(d)
	}
	return fetch.Delivery{}, r.nothing(ctx)
}

// whole reports whether a Fetch before has brought everything, and it is still
// here. What is not, is to be brought again.
func (r *run) whole() bool {
	ended := r.state.End != nil
	for _, j := range r.state.Jobs {
		for _, f := range j.Files {
			needed := f.Section != "outcome" && j.Name != "members" || !ended
			if needed && !f.Done {
				j.Complete, r.state.End = false, nil
			}
		}
	}
	return r.state.End != nil
}

// exports runs all exports of a delivery, and says who left the group.
func (r *run) exports(ctx context.Context) (left int64, err error) {
	if r.config.Of == "group" {
		if left, err = r.group(ctx); err != nil {
			return left, err
		}
	}
	return left, r.export(ctx, "feed", r.changed(r.since))
}

// spoilt lets the server forget exports that are of no use, and forgets them
// here: the next Fetch asks anew. After another error it goes on.
func (r *run) spoilt(ctx context.Context, err error) error {
	if !errors.Is(err, errSpoilt) && !errors.Is(err, errLost) && !errors.Is(err, fetch.ErrLost) {
		return err
	}
	r.forget(ctx)
	return errors.Join(err, sweep(r.dir, nil))
}

// nothing leaves the folder empty, and nothing at the server.
func (r *run) nothing(ctx context.Context) error {
	r.forget(ctx)
	if err := sweep(r.dir, nil); err != nil {
		return err
	}
	return fetch.ErrNothing
}

// forget lets the server drop the exports, which it does in its own time else.
func (r *run) forget(ctx context.Context) {
	for _, j := range r.state.Jobs {
		if j.Status != "" {
			r.link.forget(ctx, j.Status)
		}
	}
}

// account sums up what came. left is how many left the group.
func (r *run) account(left int64) (d fetch.Delivery, err error) {
	feed := r.state.job("feed")
	at, err := time.Parse(time.RFC3339Nano, feed.Time)
	if err != nil {
		return d, &failure{kind: "status", reason: "no time of the export", cause: errSpoilt}
	}
	d = fetch.Delivery{Mark: instant(at), At: at, Whole: r.since.IsZero(), Incomplete: r.incomplete()}
	known := left == 0
	for _, j := range r.state.Jobs {
		for _, f := range j.Files {
			d.Bytes += f.Wire
			if j.Name == "members" || f.Section == "outcome" {
				continue
			}
			d.Records += f.Lines
			known = known && f.Count >= 0 && (f.Section == "output" || f.Lines == 0)
		}
	}
	if d.Whole && d.Records == 0 {
		return d, &failure{kind: "status", reason: "the server says that it holds nothing for us; next: see scopes, types and group", cause: errSpoilt}
	}
	if !known {
		d.Records = -1
	}
	return d, r.sane(at)
}

// sane holds that the mark can be trusted: one in times to come would have us
// miss what happens until then, and one that went back is that of a server
// which has forgotten something.
func (r *run) sane(at time.Time) error {
	f := &failure{kind: "status", cause: errSpoilt}
	switch {
	case at.After(r.link.clock.Now().Add(24 * time.Hour)):
		f.reason = "the time of the export is more than a day to come"
	case at.Before(r.since):
		f.reason, f.cause = "the time of the export is before that of the last delivery", fetch.ErrLost
	default:
		return nil
	}
	return f
}

// incomplete says what is wanting, each reason once.
func (r *run) incomplete() []string {
	why := slices.Clone(r.lacks)
	if slices.ContainsFunc(r.state.Jobs, func(j *job) bool { return j.Narrow }) || len(r.link.token.lacks()) > 0 {
		why = append(why, "the server grants less than was asked for")
	}
	slices.Sort(why)
	return slices.Compact(why)
}

// brought reports whether there is anything in the delivery.
func (r *run) brought(left int64) bool {
	for _, j := range r.state.Jobs {
		for _, f := range j.Files {
			if j.Name != "members" && f.Section != "outcome" && f.Lines > 0 {
				return true
			}
		}
	}
	return left > 0
}

// end makes the delivery last.
func (r *run) end(d fetch.Delivery) error {
	for _, j := range r.state.Jobs {
		for _, f := range j.Files {
			if f.Section == "outcome" || j.Name == "members" {
				if err := r.discard(f.Name); err != nil {
					return err
				}
			}
		}
	}
	if err := settle(r.dir); err != nil {
		return err
	}
	if err := r.state.note(event{End: &d}); err != nil {
		return err
	}
	return durable.Sync(r.path(journal))
}

func (r *run) path(name string) string { return filepath.Join(r.dir, name) }
