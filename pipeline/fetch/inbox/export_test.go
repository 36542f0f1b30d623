package inbox

import "time"

// OnStep has f called at each step, so that a test can die there.
func (b *Inbox) OnStep(f func(name string)) { b.step = f }

// PointEvery has copies note how far they are every n bytes.
func (b *Inbox) PointEvery(n int64) { b.every = n }

// SetNow gives it another time.
func (b *Inbox) SetNow(t time.Time) { b.now = func() time.Time { return t } }

// ReadMemory and ReadJournal read what a crash may have left, and render it.
func ReadMemory(text []byte) ([]byte, error) {
	m, err := parseMemory(text)
	if err != nil {
		return nil, err
	}
	return m.text(), nil
}

// ReadJournal returns how many bytes of a journal can be read, and its entries
// rendered.
func ReadJournal(text []byte) (int, map[string]string) {
	p := parseJournal(text)
	lines := make(map[string]string)
	for id, e := range p.entries {
		lines[id] = e.line()
	}
	return p.length, lines
}
