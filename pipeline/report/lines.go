package report

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// several is what lines of small counts are told together as.
const several = "several"

// tell makes lines of counts. Those of one column may be summed up elsewhere, and
// fold says how some of them are told as one.
func tell(counts map[Line]int64, column func(Line) Line, fold func(Line) Line) map[Line]Figure {
	columns := make(map[Line]map[Line]int64)
	for key, n := range counts {
		if n > 0 {
			put(columns, column(key), key, n)
		}
	}
	out := make(map[Line]Figure, len(counts))
	for _, of := range columns {
		keys := slices.SortedFunc(maps.Keys(of), func(a, b Line) int { return cmp.Or(cmp.Compare(of[a], of[b]), order(a, b)) })
		numbers := make([]int64, len(keys))
		for i, key := range keys {
			numbers[i] = of[key]
		}
		n := together(numbers)
		shown := told(numbers, n)
		for i, key := range keys[n:] {
			out[key] = shown[i]
		}
		if n > 0 {
			out[fold(keys[n-1])] = shown[len(shown)-1]
		}
	}
	return out
}

// tellColumns makes lines of the counts of organisations, of which those of one
// gate and feed are summed up elsewhere.
func tellColumns(counts map[Line]int64) map[Line]Figure {
	columns := make(map[Line]map[Line]int64)
	for key, n := range counts {
		put(columns, Line{Feed: key.Feed, Outcome: key.Outcome, Gate: key.Gate}, key, n)
	}
	out := make(map[Line]Figure, len(counts))
	for _, of := range columns {
		keys := slices.SortedFunc(maps.Keys(of), order)
		numbers := make([]int64, len(keys))
		for i, key := range keys {
			numbers[i] = of[key]
		}
		for i, f := range suppress(numbers) {
			out[keys[i]] = f
		}
	}
	return out
}

func put(columns map[Line]map[Line]int64, column, key Line, n int64) {
	if columns[column] == nil {
		columns[column] = make(map[Line]int64)
	}
	columns[column][key] = n
}

func persons(f Facts) map[Line]Figure {
	counts := make(map[Line]int64)
	for _, v := range f.Verdicts {
		counts[judged(Line{Gate: v.Gate, Reason: v.Reason})] += v.Persons
	}
	return tell(counts, func(Line) Line { return Line{} }, func(l Line) Line { return Line{Outcome: l.Outcome, Gate: several} })
}

// judged adds to a line of a gate what the gate said.
func judged(l Line) Line {
	l.Outcome = "excluded"
	if l.Gate == "" {
		l.Outcome = "kept"
	}
	return l
}

func records(f Facts) map[Line]Figure {
	counts := make(map[Line]int64)
	for _, t := range f.Tallies {
		if t.Outcome != "excluded" {
			counts[Line{Feed: t.Feed, Outcome: t.Outcome}] += t.Records
		}
	}
	fold := func(l Line) Line {
		if l.Outcome == "cut" { // they are among the others: counted by themselves
			return l
		}
		return Line{Feed: l.Feed, Outcome: several}
	}
	return tell(counts, func(l Line) Line {
		if l.Outcome == "cut" {
			return l
		}
		return Line{Feed: l.Feed}
	}, fold)
}

func excluded(f Facts) map[Line]Figure {
	counts := make(map[Line]int64)
	for _, t := range f.Tallies {
		if t.Outcome == "excluded" {
			counts[Line{Feed: t.Feed, Outcome: t.Outcome, Gate: t.Gate, Reason: t.Reason}] += t.Records
		}
	}
	return tell(counts, func(l Line) Line { return Line{Feed: l.Feed, Gate: l.Gate} },
		func(l Line) Line { return Line{Feed: l.Feed, Outcome: l.Outcome, Gate: l.Gate, Reason: several} })
}

// other is the organisation of records that are told of together.
const other = "other"

// organisations tells what each gate made of the records of each organisation.
// Those with fewer than 8 records are told of together: such a code may be
// anything.
func organisations(f Facts) map[Line]Figure {
	read := make(map[Line]int64)
	for _, h := range f.Held {
		read[Line{Feed: h.Feed, Organisation: h.Organisation}] += h.Records
	}
	counts := make(map[Line]int64)
	holders, columns := make(map[Line]bool), make(map[Line]bool)
	for _, h := range f.Held {
		holder := Line{Feed: h.Feed, Organisation: h.Organisation}
		if h.Organisation == "" || read[holder] < least {
			holder.Organisation = other
		}
		column := judged(Line{Feed: h.Feed, Gate: h.Gate})
		holders[holder], columns[column] = true, true
		column.Organisation = holder.Organisation
		counts[column] += h.Records
	}
	for holder := range holders { // with what is none, or it would be seen
		for column := range columns {
			if column.Feed == holder.Feed {
				column.Organisation = holder.Organisation
				counts[column] += 0
			}
		}
	}
	return tellColumns(counts)
}

// compare puts the figures of two runs side by side. Where there is no run to
// compare with, nothing is new.
func compare(now, then map[Line]Figure, before Facts) []Line {
	out := make([]Line, 0, len(now))
	for key, f := range now {
		l := key
		l.Count = f
		if before.Run.ID != "" {
			l.against(then[key])
			if _, was := then[key]; !was {
				l.News = "new"
			}
		}
		out = append(out, l)
	}
	for key, f := range then {
		if _, is := now[key]; !is {
			l := key
			l.against(f)
			l.News = "gone"
			out = append(out, l)
		}
	}
	slices.SortFunc(out, order)
	return out
}

// against says how far a line's figure is from another.
func (l *Line) against(before Figure) {
	l.Before = &before
	is, ok1 := l.Count.number()
	was, ok2 := before.number()
	if !ok1 || !ok2 {
		return
	}
	change := is - was
	l.Change = &change
	if was > 0 {
		exact := 100 * float64(change) / float64(was)
		percent := math.Round(exact)
		if was >= 4000 { // as for Hospital Episode Statistics: a smaller denominator bears no decimal
			percent = math.Round(10*exact) / 10
		}
		l.PerCent = &percent
	}
}

// order is that of the lines of a table.
func order(a, b Line) int {
	return cmp.Or(cmp.Compare(a.Feed, b.Feed), cmp.Compare(a.Organisation, b.Organisation), -cmp.Compare(a.Outcome, b.Outcome),
		cmp.Compare(a.Gate, b.Gate), cmp.Compare(a.Reason, b.Reason))
}
