package trace

// Narrow has w take up only what could be found in the texts that ask shows to a scanner,
// and reports whether there is anything that could be: so it takes the memory of these
// texts, however many persons there are. In them is found what would be found if all were
// taken up. It is called behind Known, before anything is added, and may be again.
func (w *Wanted) Narrow(ask func(*Scanner)) bool {
	before := w.asked()
	if w.firsts == nil {
		w.firsts = make(map[uint64]bool)
	}
	for _, s := range [...]*set{&w.numbers, &w.words, &w.digests} {
		if s.only == nil {
			s.only = make(map[uint64]bool)
		}
		s.asking = true
		defer func() { s.asking = false }()
	}
	ask(w.Scanner(func(Finding) {}))
	return w.asked() > before
}

func (w *Wanted) asked() int {
	return len(w.numbers.only) + len(w.words.only) + len(w.digests.only)
}

// look looks up a word, or several, by what they come to.
func (s *Scanner) look(b []byte, h uint64) kinds {
	if s.words.asking {
		return s.ask(b, h)
	}
	return s.words.find(s.mix(h))
}

// ask notes that a word is looked up, unless nothing is ever taken up that is spelled so.
// Any could be the first of others.
func (s *Scanner) ask(b []byte, h uint64) kinds {
	if l := letters(nil, b); len(l) >= 4 && len(l) <= longest && !s.known[h] && tellable(l) {
		s.words.find(s.mix(h))
	}
	s.firsts[h] = true
	return 1 << first
}

// tellable reports whether letters and digits could be told to be somebody's. Digits alone
// are any count where they are fewer than nine, and codes of SNOMED CT stand everywhere.
func tellable(l []byte) bool {
	for _, c := range l {
		if class(c) != digit {
			return true
		}
	}
	return len(l) >= 9 && !concept(l)
}
