package fetchtest

import (
	"context"
	"errors"
	"fmt"

	"secondaryuse/pipeline/fetch"
)

// most is about how many places a fetch is cut off at.
const most = 12

func cutOff(b *bench) error { return b.cut(fetch.Last{}, b.All()) }

func cutOffLater(b *bench) error {
	l, err := b.first()
	if err != nil {
		return err
	}
	if err := b.publish(l); err != nil {
		return err
	}
	b.Change()
	p := &progress{bench: b}
	d, err := b.fetch(context.Background(), l, b.temp(), p)
	if err != nil {
		return err
	}
	if d.Whole {
		return b.cut(l, b.All())
	}
	return b.cut(l, b.Changed())
}

// cut stops a fetch at every thing that it tells of its progress, at some of
// them where those are many, and lets another go on.
func (b *bench) cut(last fetch.Last, want []string) error {
	all := &progress{bench: b}
	if _, err := b.fetch(context.Background(), last, b.temp(), all); err != nil {
		return fmt.Errorf("fetch: %w", err)
	}
	if all.n == 0 {
		return errors.New("it tells nothing of its progress")
	}
	for n := 1; n <= all.n; n += max(1, all.n/most) {
		if err := b.cutAt(last, want, n); err != nil {
			return fmt.Errorf("cut off at event %d of %d: %w", n, all.n, err)
		}
	}
	return nil
}

// cutAt stops a fetch at event n and at the next after that in another, and
// lets a third go on in the same folder.
func (b *bench) cutAt(last fetch.Last, want []string, n int) error {
	dir := b.temp()
	for range 2 {
		ctx, stop := context.WithCancel(context.Background())
		d, err := b.fetch(ctx, last, dir, &progress{bench: b, at: func(event int) {
			if event == n {
				stop()
			}
		}})
		stop()
		if err == nil { // it had all by then
			return b.right(d, dir, want)
		}
		if errors.Is(err, fetch.ErrNothing) {
			return errors.New("cut off, it says that nothing is new")
		}
	}
	d, err := b.fetch(context.Background(), last, dir, &progress{bench: b})
	if err != nil {
		return fmt.Errorf("going on: %w", err)
	}
	return b.right(d, dir, want)
}

func stopped(b *bench) error {
	ctx, stop := context.WithCancel(context.Background())
	stop()
	dir := b.temp()
	if _, err := b.fetch(ctx, fetch.Last{}, dir, &progress{bench: b}); !errors.Is(err, context.Canceled) {
		return fmt.Errorf("told to stop, it says: %v", err)
	}
	return b.goesOn(fetch.Last{}, dir, b.All())
}

// goesOn fetches into a folder in which another fetch has failed.
func (b *bench) goesOn(last fetch.Last, dir string, want []string) error {
	d, err := b.fetch(context.Background(), last, dir, &progress{bench: b})
	if err != nil {
		return fmt.Errorf("going on: %w", err)
	}
	return b.right(d, dir, want)
}

func failing(b *bench) error {
	for _, f := range b.Faults {
		dir := b.temp()
		mend := f.Break()
		_, err := b.fetch(context.Background(), fetch.Last{}, dir, &progress{bench: b})
		mend()
		if err == nil || errors.Is(err, fetch.ErrNothing) || errors.Is(err, fetch.ErrLost) {
			return fmt.Errorf("%s: fetch says: %v", f.Name, err)
		}
		if err := b.goesOn(fetch.Last{}, dir, b.All()); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return b.leaked()
}
