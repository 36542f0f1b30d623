package inbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"

	"secondaryuse/pipeline/fetch"
)

// Fetch takes what is complete and not known.
func (b *Inbox) Fetch(ctx context.Context, last fetch.Last, dir string, p fetch.Progress) (fetch.Delivery, error) {
	d, err := b.fetch(ctx, last, dir, p)
	if err != nil {
		return fetch.Delivery{}, b.fail(ctx, err)
	}
	return d, nil
}

func (b *Inbox) fetch(ctx context.Context, last fetch.Last, dir string, p fetch.Progress) (fetch.Delivery, error) {
	var none fetch.Delivery
	mem, err := recall(last)
	if err != nil {
		return none, err
	}
	f, err := b.reach(ctx)
	if err != nil {
		return none, err
	}
	defer f.Close()
	s, err := b.ready(ctx, f, last.Mark == "", mem, p)
	if errors.Is(err, fetch.ErrNothing) {
		return none, errors.Join(err, empty(dir))
	}
	if err != nil {
		return none, err
	}
	v, err := b.begin(f, mem, dir, p, s.complete)
	if err != nil {
		return none, err
	}
	defer v.journal.file.Close()
	return v.all(ctx, s, last)
}

// ready looks, waits and looks again, and returns what is complete, if there
// is anything new in it.
func (b *Inbox) ready(ctx context.Context, f Reader, all bool, mem memory, p fetch.Progress) (sight, error) {
	s, err := b.look(ctx, f, all)
	if err != nil {
		return s, err
	}
	if b.policy.Unchanged > 0 && b.fresh(s, mem) {
		p.Note("looks again in " + b.policy.Unchanged.String())
		if err := b.policy.Wait(ctx, b.policy.Unchanged); err != nil {
			return s, err
		}
		before := s
		if s, err = b.look(ctx, f, all); err != nil {
			return s, err
		}
		s.steady(before)
	}
	if !b.policy.Everything {
		s.recognise(mem)
	}
	if n := len(s.incomplete); n > 0 {
		p.Note(files(n) + " not complete yet: left for the next time")
	}
	if !b.fresh(s, mem) || b.policy.Everything && len(s.incomplete) > 0 {
		return s, fetch.ErrNothing
	}
	return s, nil
}

// fresh reports whether a look has seen anything to be read.
func (b *Inbox) fresh(s sight, mem memory) bool {
	if b.policy.Everything {
		return len(s.complete) > 0 && !mem.whole(s.complete)
	}
	for _, x := range s.complete {
		if !mem.has(x) {
			return true
		}
	}
	return false
}

// whole reports whether files as they stand are those of the last delivery.
func (m memory) whole(list []file) bool {
	for _, x := range list {
		if l := m.names[hidden(x.name)]; !l.part || l.same != x.same {
			return false
		}
	}
	return m.parts() == len(list)
}

// steady leaves what another look has seen in the same way.
func (s *sight) steady(before sight) {
	was := stamps(before.complete)
	kept := s.complete[:0]
	for _, x := range s.complete {
		if was[x.path] == x.same {
			kept = append(kept, x)
		} else {
			s.incomplete = append(s.incomplete, x)
		}
	}
	s.complete = kept
}

// recognise takes a file for complete that was taken before and lost its marker
// when moving it away was cut off, so that it is moved with the next delivery.
func (s *sight) recognise(mem memory) {
	var rest []file
	for _, x := range s.incomplete {
		if mem.has(x) {
			s.complete = append(s.complete, x)
		} else {
			rest = append(rest, x)
		}
	}
	s.incomplete = rest
}

func stamps(list []file) map[string]string {
	m := make(map[string]string, len(list))
	for _, x := range list {
		m[x.path] = x.same
	}
	return m
}

// visit is one Fetch at work.
type visit struct {
	*Inbox
	folder  Folder
	dir     string
	p       fetch.Progress
	mem     memory
	journal *journal
	got     []held          // what was read, by name
	keys    map[string]bool // contents that are delivered
	placed  map[string]int  // names in the delivery to the number of the file
}

// due is how many bytes are to be read of files, besides what an earlier Fetch
// has.
func (v *visit) due(list []file) (bytes int64) {
	for _, x := range list {
		if _, read := v.journal.entries[id(x)]; !read && (v.policy.Everything || !v.mem.has(x)) {
			bytes += max(0, x.size-v.journal.points[id(x)])
		}
	}
	return bytes
}

// held is a file and what is known of it.
type held struct {
	file
	entry
}

// all takes every file, sees whether they are still what they were, and ends
// the delivery.
func (v *visit) all(ctx context.Context, s sight, last fetch.Last) (fetch.Delivery, error) {
	v.p.Step("files", v.due(s.complete))
	for _, x := range s.complete {
		err := v.take(ctx, x)
		if errors.Is(err, errChanged) {
			v.p.Note(fmt.Sprintf("file %d has changed or gone while it was read: left for the next time", x.no))
			continue
		}
		if err != nil {
			return fetch.Delivery{}, &fileError{x.no, err}
		}
	}
	again, err := v.look(ctx, v.folder, last.Mark == "")
	if err != nil {
		return fetch.Delivery{}, err
	}
	if err := v.verify(again); err != nil {
		return fetch.Delivery{}, err
	}
	if !v.worth(s, again) {
		return fetch.Delivery{}, errors.Join(fetch.ErrNothing, empty(v.dir))
	}
	if err := ctx.Err(); err != nil {
		return fetch.Delivery{}, err
	}
	return v.end(max(v.mem.number+1, s.next), last)
}

// verify gives back what is not as it was before it was read.
func (v *visit) verify(again sight) error {
	now := stamps(append(again.complete, again.incomplete...))
	kept := v.got[:0]
	v.keys = make(map[string]bool)
	for _, h := range v.got {
		if now[h.file.path] == h.file.same {
			kept = append(kept, h)
			v.keys[h.key] = v.keys[h.key] || !h.dup
			continue
		}
		v.p.Note(fmt.Sprintf("file %d has changed or gone while it was read: left for the next time", h.no))
		if !h.dup {
			if err := v.remove(target(h.file.name, h.packed)); err != nil {
				return err
			}
		}
	}
	v.got = kept[:0]
	for _, h := range kept { // a double of what has gone is not known after all
		if _, known := v.mem.keys[h.key]; !h.dup || known || v.keys[h.key] {
			v.got = append(v.got, h)
		}
	}
	v.step("verified")
	return nil
}

// worth reports whether what was read is a delivery.
func (v *visit) worth(s, again sight) bool {
	var names []string
	same := true
	for _, h := range v.got {
		if !h.dup {
			names = append(names, target(h.file.name, h.packed))
		}
		l := v.mem.names[hidden(h.file.name)]
		same = same && l.part && l.key == h.key
	}
	for _, n := range v.policy.Needs {
		if !matches(n, names) {
			v.p.Note("a file that is needed has not come: all are left for the next time")
			return false
		}
	}
	if !v.policy.Everything {
		return len(names) > 0
	}
	if len(v.got) != len(s.complete) || len(again.complete)+len(again.incomplete) != len(s.complete) {
		v.p.Note("the extract is not complete yet: left for the next time")
		return false
	}
	return len(v.got) > 0 && !(same && v.mem.parts() == len(v.got))
}

func matches(pattern string, names []string) bool {
	for _, n := range names {
		if ok, _ := path.Match(pattern, n); ok {
			return true
		}
	}
	return false
}

// end makes the delivery durable: the files, what was taken, the memory.
func (v *visit) end(number int, last fetch.Last) (fetch.Delivery, error) {
	d := fetch.Delivery{At: last.At, Whole: v.policy.Everything || last.Mark == "", Records: -1}
	day := dayOf(v.now())
	m := memory{number: number, keys: maps.Clone(v.mem.keys), names: make(map[string]latest, len(v.mem.names))}
	for n, l := range v.mem.names {
		l.part = false
		m.names[n] = l
	}
	for _, h := range v.got {
		m.keys[h.key] = day
		m.names[hidden(h.file.name)] = latest{h.key, h.file.same, !h.dup}
		if h.dup {
			continue
		}
		d.Bytes += h.size
	}
	if v.policy.Remember > 0 {
		m.forget(dayOf(v.now().Add(-v.policy.Remember)))
	}
	times := times(v.got, last.At)
	for _, at := range times {
		if at.After(d.At) {
			d.At = at
		}
	}
	if err := v.sync(); err != nil {
		return d, err
	}
	if err := fetch.WriteTimes(v.dir, times); err != nil {
		return d, err
	}
	v.step("synced")
	var err error
	d.Mark, err = m.keep(v.dir)
	v.step("kept")
	return d, err
}
