package leak

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"secondaryuse/deid/trace"
)

// Found is one thing that names somebody, in one place of one file: where first, and
// how often. It does not say whom or what.
type Found struct {
	File  string // without the parts of its name that tell anything
	Where string // column, page, table or bytes
	Kind  trace.Kind
	Form  string
	At    int64 // offset of the first, where it is one of bytes
	Count int64
}

func (f Found) String() string {
	times := ""
	if f.Count > 1 {
		times = fmt.Sprintf(", %d times", f.Count)
	}
	return fmt.Sprintf("%s: %s: %s (%s), first at %d%s", f.File, f.Where, f.Kind, f.Form, f.At, times)
}

// Report is what a search came to.
type Report struct {
	Found  []Found
	Chance int            // values that have the fingerprint of an identifier, and are none
	Faults []string       // what could not be searched, and why
	Sealed int            // archives that are sealed by age, and were not opened
	Files  map[string]int // by kind
	Bytes  int64          // as they lie there
}

type key struct {
	file, where, form string
	kind              trace.Kind
}

// one is what was found in one place. Where very much is found nobody need know what was
// the same, and the proof is nothing.
type one struct {
	key
	proof trace.Proof
}

// much is more than chance finds in any number of terabytes.
const much = 1 << 16

// results gathers what the workers find.
type results struct {
	mu     sync.Mutex
	found  map[one]*Found
	report Report
}

func newResults() *results {
	return &results{found: make(map[one]*Found), report: Report{Files: make(map[string]int)}}
}

func (r *results) hit(file, where string, f trace.Finding) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o := one{key{file, where, f.Form, f.Kind}, f.Proof}
	if len(r.found) >= much && r.found[o] == nil {
		o.proof = trace.Proof{}
	}
	if r.found[o] == nil {
		r.found[o] = &Found{file, where, f.Kind, f.Form, f.At, 0}
	}
	r.found[o].add(1, f.At)
}

func (f *Found) add(count, at int64) {
	f.Count += count
	f.At = min(f.At, at)
}

func (r *results) fault(file, why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Faults = append(r.report.Faults, file+": "+why)
}

func (r *results) sealed() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Sealed++
}

func (r *results) read(kind string, bytes int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if kind != "" {
		r.report.Files[kind]++
	}
	r.report.Bytes += bytes
}

// proofs are those of all that was found.
func (r *results) proofs() []trace.Proof {
	all := make(map[trace.Proof]bool)
	for o := range r.found {
		all[o.proof] = true
	}
	return slices.Collect(maps.Keys(all))
}

// end is the report, in order, without what is not certain.
func (r *results) end(certain func(trace.Proof) bool) Report {
	places := make(map[key]*Found)
	for o, f := range r.found {
		switch p := places[o.key]; {
		case o.proof != trace.Proof{} && !certain(o.proof):
			r.report.Chance++
		case p == nil:
			places[o.key] = f
		default:
			p.add(f.Count, f.At)
		}
	}
	for _, f := range places {
		r.report.Found = append(r.report.Found, *f)
	}
	slices.SortFunc(r.report.Found, func(a, b Found) int {
		return cmp.Or(strings.Compare(a.File, b.File), strings.Compare(a.Where, b.Where), cmp.Compare(a.Kind, b.Kind), strings.Compare(a.Form, b.Form))
	})
	slices.Sort(r.report.Faults)
	return r.report
}
