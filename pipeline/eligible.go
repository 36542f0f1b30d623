package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"secondaryuse/deid"
	"secondaryuse/deid/gate"
	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/pipeline/stage"
	"secondaryuse/pipeline/stage/seal"
)

// ErrAnew says that persons are not all that has changed since a run was staged:
// of its records nobody knows any more which may be used.
var ErrAnew = errors.New("an agreement, a connection, the sensitive policy, the terms of the purpose, the configuration or the program is another than when it was staged")

// ErrNews says that something was fetched, or the folder of a feed has changed, that
// was not read yet: an objection, or that somebody is behind a record no longer, may be
// in it.
var ErrNews = errors.New("something has come that is not in what is published")

// Eligible returns which persons of a sealed run may be used now, by the gates of
// persons as they are opened: their person_ids. No feed is read.
//
// Where the run has kept what it knew of persons, whoever the lists, or the day,
// say anything else of than then is left out until the next publication has read
// their records again; all others stay as the run has left them. Where it has
// not, known, every number that the lists name, is judged as Again judges it, and
// when closed is set nobody else may be used.
//
// It returns an error that wraps ErrAnew where not only persons have changed, and
// one that wraps ErrNews where there are deliveries, or files, that the run did not read.
func (r *Run) Eligible(ctx context.Context, live seal.Manifest, known []identity.Number, closed bool) ([]int64, error) {
	if err := r.Fits(); err != nil {
		return nil, err
	}
	if live.Judged != r.Judged || live.Basis != r.Basis {
		return nil, ErrAnew
	}
	if err := r.news(ctx, live); err != nil {
		return nil, err
	}
	staged, err := r.counted(live)
	if err != nil {
		return nil, err
	}
	if live.Epoch != "" && len(live.State) > 0 {
		return r.unchanged(live, staged)
	}
	out, err := r.out(known)
	if err != nil {
		return nil, err
	}
	return out.Stay(staged, closed, out.Kept), nil
}

// news returns an error where there are deliveries that a sealed run did not read, or
// where the files of a folder are others by name, size or time, as far as it says what
// it read.
func (r *Run) news(ctx context.Context, live seal.Manifest) error {
	for _, m := range slices.Concat(live.Marks, live.Before) {
		i := slices.IndexFunc(r.Feeds, func(f Feed) bool { return string(f.Name) == m.Feed })
		if i < 0 {
			continue
		}
		f := r.Feeds[i]
		if slices.ContainsFunc(f.Landed, func(d Landed) bool { return d.Number > m.Delivery }) {
			return fmt.Errorf("feed %s: %w", m.Feed, ErrNews)
		}
		if f.Folder == "" || m.Files == "" {
			continue
		}
		files, err := f.digest(ctx)
		if err != nil {
			return err
		}
		if files != m.Files {
			return fmt.Errorf("feed %s: the files in its folder have changed: %w", m.Feed, ErrNews)
		}
	}
	return nil
}

// unchanged is those of whom nothing is known or listed that was not when the run
// was staged.
func (r *Run) unchanged(live seal.Manifest, staged map[int64]struct{}) ([]int64, error) {
	c := change{Run: r, live: live, keeper: gate.NewKeeper(r.Gates)}
	c.keeper.Keep(r.Key.Roster())
	if err := errors.Join(r.intact(live), c.loadRoster()); err != nil {
		return nil, err
	}
	c.keeper.Renew() // whose own record is read in another way by now: it is not, and so they are out
	c.keeper.Judge()
	crossing, err := deid.NewCrossing(r.Key, c.keeper, nil, r.AsOf)
	if err != nil {
		return nil, err
	}
	feeds := make([]record.Feed, len(r.Feeds))
	for i, f := range r.Feeds {
		feeds[i] = f.Feed
	}
	changed := c.keeper.Changes(feeds).Persons()
	return crossing.Stay(staged, true, func(who gate.Ordinal) bool {
		return !changed[who] && (crossing.Kept(who) || c.keeper.Contested(who))
	}), nil
}

// counted is every person of whom a sealed run has a row that counts.
func (r *Run) counted(live seal.Manifest) (map[int64]struct{}, error) {
	held, err := stage.Held(r.Stage, live)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]struct{})
	for _, set := range datasets(live, seal.Manifest{}) {
		rows, err := held.Rows(set, nil)
		if err != nil {
			return nil, err
		}
		for id := range rows {
			out[id] = struct{}{}
		}
	}
	return out, nil
}
