package fetchtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"secondaryuse/pipeline/fetch"
)

func fresh(b *bench) error {
	dir := b.temp()
	note := filepath.Join(dir, ".kept")
	if err := os.WriteFile(note, nil, 0o600); err != nil {
		return err
	}
	d, err := b.fetch(context.Background(), fetch.Last{}, dir, &progress{bench: b})
	if err != nil {
		return fmt.Errorf("fetch: %w", err)
	}
	if _, err := os.Stat(note); err != nil {
		return errors.New("it takes away what is not its own")
	}
	if !d.Whole {
		return errors.New("it does not say that it is everything")
	}
	return b.right(d, dir, b.All())
}

func nothing(b *bench) error {
	l, err := b.first()
	if err != nil {
		return err
	}
	if err := b.publish(l); err != nil {
		return err
	}
	for range 2 {
		if err := b.none(l); err != nil {
			return err
		}
	}
	return nil
}

// none holds that nothing is new since l.
func (b *bench) none(l fetch.Last) error {
	dir := b.temp()
	if _, err := b.fetch(context.Background(), l, dir, &progress{bench: b}); !errors.Is(err, fetch.ErrNothing) {
		return fmt.Errorf("nothing is new, and fetch says: %v", err)
	}
	if left, err := b.lines(dir); err != nil || len(left) > 0 {
		return fmt.Errorf("nothing is new, and it leaves %d lines, %v", len(left), err)
	}
	return b.leaked()
}

// next takes what the last change has changed.
func (b *bench) next(l fetch.Last) (fetch.Last, error) {
	want := b.Changed()
	dir := b.temp()
	d, err := b.fetch(context.Background(), l, dir, &progress{bench: b})
	if err != nil {
		return l, fmt.Errorf("fetch of what has changed: %w", err)
	}
	if d.Whole {
		want = b.All()
	}
	return fetch.Last{Delivery: d, Dir: dir}, b.right(d, dir, want)
}

func incremental(b *bench) error {
	_, err := b.changedOnce()
	return err
}

func (b *bench) changedOnce() (fetch.Last, error) {
	l, err := b.first()
	if err != nil {
		return l, err
	}
	if err := b.publish(l); err != nil {
		return l, err
	}
	b.Change()
	after, err := b.next(l)
	if err == nil && after.At.Before(l.At) {
		err = errors.New("the later delivery is a picture of an earlier time")
	}
	return after, err
}

func chain(b *bench) error {
	l, err := b.changedOnce()
	for range 3 {
		if err != nil {
			return err
		}
		if err = b.publish(l); err == nil {
			b.Change()
			l, err = b.next(l)
		}
	}
	if err != nil {
		return err
	}
	return b.none(l)
}

func anew(b *bench) error {
	l, err := b.changedOnce()
	if err != nil {
		return err
	}
	if err := b.publish(l); err != nil {
		return err
	}
	return fresh(b)
}

// again fetches twice with the same last, as when the machine died between the
// fetch and its being published.
func again(b *bench) error {
	if _, err := b.first(); err != nil {
		return err
	}
	l, err := b.first()
	if err != nil {
		return fmt.Errorf("again: %w", err)
	}
	if err := b.publish(l); err != nil {
		return err
	}
	b.Change()
	if _, err := b.next(l); err != nil {
		return err
	}
	_, err = b.next(l)
	return err
}

func planned(b *bench) error {
	l, err := b.plan(fetch.Last{})
	if err != nil {
		return err
	}
	if err := b.publish(l); err != nil {
		return err
	}
	b.Change()
	_, err = b.plan(l)
	return err
}

// plan plans twice, and then fetches what was planned.
func (b *bench) plan(last fetch.Last) (fetch.Last, error) {
	for range 2 {
		p, err := b.New().Plan(context.Background(), last)
		if err != nil {
			b.watch("an error of Plan", err.Error())
			return last, fmt.Errorf("plan: %w", err)
		}
		b.watch("the plan", fmt.Sprint(p))
		if p.From == "" || len(p.Asks) == 0 || (p.Since == "") != (last.Mark == "") {
			return last, fmt.Errorf("the plan says too little: %+v", p)
		}
	}
	if last.Mark == "" {
		return b.first()
	}
	return b.next(last)
}

func doneTwice(b *bench) error {
	l, err := b.first()
	for range 2 {
		if err == nil {
			err = b.publish(l)
		}
	}
	if err == nil {
		err = b.right(l.Delivery, l.Dir, b.All()) // Done leaves the delivery as it is
	}
	if err != nil {
		return err
	}
	b.Change()
	_, err = b.next(l)
	return err
}
