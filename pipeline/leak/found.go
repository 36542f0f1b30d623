package leak

import (
	"cmp"
	"fmt"
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
	Faults []string       // what could not be searched, and why
	Sealed int            // archives that are sealed by age, and were not opened
	Files  map[string]int // by kind
	Bytes  int64          // as they lie there
}

type key struct {
	file, where, form string
	kind              trace.Kind
}

// results gathers what the workers find.
type results struct {
	mu     sync.Mutex
	found  map[key]*Found
	report Report
}

func (r *results) hit(file, where string, f trace.Finding) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := key{file, where, f.Form, f.Kind}
	if r.found[k] == nil {
		r.found[k] = &Found{file, where, f.Kind, f.Form, f.At, 0}
	}
	r.found[k].Count++
	r.found[k].At = min(r.found[k].At, f.At)
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

// end is the report, in order.
func (r *results) end() Report {
	for _, f := range r.found {
		r.report.Found = append(r.report.Found, *f)
	}
	slices.SortFunc(r.report.Found, func(a, b Found) int {
		return cmp.Or(strings.Compare(a.File, b.File), strings.Compare(a.Where, b.Where), cmp.Compare(a.Kind, b.Kind), strings.Compare(a.Form, b.Form))
	})
	slices.Sort(r.report.Faults)
	return r.report
}
