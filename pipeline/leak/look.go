package leak

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"secondaryuse/deid/trace"
)

// Look holds what is about to be published to everybody: every text that is shown for the
// first time is held to every identifier in the feeds and lists, as Search does. Marts show
// few texts, and on most nights no new one: then nobody's identifiers are taken up. What
// was shown before is not held to whoever comes later: Search of everything does that.
type Look struct {
	File    string // where it is kept what was looked for
	Version string // names all that it goes by but texts and feeds: where it is another, nothing was looked for
	Right   func(*trace.Wanted) error
	Feeds   []Feed
	Missing error // why they do not all lie here
	Local   bool  // persons have no NHS numbers
}

// ErrShown says that what is about to be published names somebody.
var ErrShown = errors.New("it names somebody; nothing is published, and what was published before stays served; " +
	"next: correct the feed that it comes from (ohc-pipeline verify leak tells where else it stands), " +
	"or, where it is a word or a code that is published by right, write it into the file of leak.words; and start ohc-pipeline run")

// Through returns an error that wraps ErrShown where anything that is shown for the first
// time is somebody's. Where nothing is, that is kept.
func (l Look) Through(ctx context.Context, s Shown) error {
	before := recall(l.File, l.Version)
	fresh := s.but(before)
	if fresh.none() {
		return nil
	}
	w := trace.New()
	if err := l.Right(w); err != nil {
		return err
	}
	if w.Narrow(fresh.ask) {
		if err := l.everybody(ctx, w, fresh); err != nil {
			return err
		}
	}
	return remember(l.File, l.Version, before, fresh)
}

// everybody holds texts to everybody. What is found is held to the feeds once more.
func (l Look) everybody(ctx context.Context, w *trace.Wanted, s Shown) error {
	if l.Missing != nil {
		return fmt.Errorf("%s: what is shown there for the first time must be held to everybody before it is published: %w", s.somewhere(), l.Missing)
	}
	state, err := Gather(ctx, w, l.Feeds...)
	if err != nil {
		return fmt.Errorf("whom the feeds name must be known before anything is published: %w", err)
	}
	if w.Seal(); s.persons && !l.Local && !w.Somebody() {
		return errors.New("leak: there is no NHS number in any feed or list, so that nobody could be looked for; next: put the feeds where the configuration says")
	}
	r := newResults()
	var at place
	scan := w.Scanner(func(f trace.Finding) { r.hit(at.file, at.where, f) })
	s.each(func(p place, show func(*trace.Scanner)) {
		at = p
		show(scan)
	})
	again := Search{Wanted: w, Again: func(ctx context.Context, to *trace.Wanted) (bool, error) {
		now, err := Gather(ctx, to, l.Feeds...)
		return now == state, err
	}}
	return errors.Join(named(r.end(again.certain(ctx, r))), ctx.Err())
}

// named returns an error where somebody is named, or it cannot be said.
func named(r Report) (err error) {
	var told []string
	for _, f := range r.Found {
		told = append(told, fmt.Sprintf("%s, %s: %s", f.File, f.Where, f.Kind))
	}
	if len(told) > 0 {
		err = fmt.Errorf("%s: %w", strings.Join(slices.Compact(told), "; "), ErrShown)
	}
	for _, f := range r.Faults {
		err = errors.Join(err, errors.New(f))
	}
	return err
}
