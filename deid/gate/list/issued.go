package list

import "time"

// Issued returns when the list that w wants was issued, and until when it may be
// used. It reads the first line alone, and judges all of it but its age: what
// the rows say is for Read to judge.
func Issued(w Want) (issued, until time.Time, err error) {
	in, err := Open(w.Gate, w.File)
	if err != nil {
		return issued, until, err
	}
	defer in.Close()
	if w.Record == "" {
		w.Record = Record
	}
	line, err := in.Next()
	if err != nil {
		return issued, until, err
	}
	h, reason := parseHeader(string(line))
	if reason == "" {
		span := w.MaxAge
		w.Now, w.MaxAge = h.issued, 0 // of any age
		reason = h.check(w)
		issued, until = h.issued, h.issued.Add(span)
	}
	if reason != "" {
		return time.Time{}, time.Time{}, in.Refuse("header", reason, "ask for the "+w.Name+" list of "+w.Record+" again, or correct its path in the configuration")
	}
	return issued, until, nil
}
