package main

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"secondaryuse/pipeline"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/ledger"
	"secondaryuse/pipeline/stage/seal"
)

// wholes is an installation that reads everything, time after time, for every
// reason there is.
type wholes struct {
	*odd
	c config.Config
}

// configure has the installation go on with parts of its configuration replaced.
func (w *wholes) configure(edits ...string) {
	w.t.Helper()
	w.config("kept")
	path := filepath.Join(w.root, "day0", "kept.yaml")
	text, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, []byte(strings.NewReplacer(edits...).Replace(string(text))), 0o600)
	}
	if err == nil {
		w.c, err = config.Load(path)
	}
	w.must(err)
}

func (w *wholes) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// register writes a register by which what people record themselves is allowed to
// serve the purpose, or excluded.
func (w *wholes) register(personal string) {
	w.t.Helper()
	w.must(os.WriteFile(filepath.Join(w.root, "purposes.yaml"), []byte(strings.Replace(published, "phr_and_wearables: allowed", "phr_and_wearables: "+personal, 1)), 0o600))
}

// lands has a night's files land, as what has changed or as everything.
func (w *wholes) lands(whole bool, files map[string][]resource) {
	w.t.Helper()
	w.files(files)
	w.land(w.c, fmt.Sprintf("night%d", w.night), w.plan.AsOf.AddDate(0, 0, w.night), whole)
}

// follows lands a night's files and has a delta take them up.
func (w *wholes) follows(files map[string][]resource) {
	w.t.Helper()
	w.lands(false, files)
	if r := w.run(w.c); !r.Delta {
		w.t.Fatalf("read whole: %s", r.Plan.Why)
	}
}

// delivery is the folder of a delivery of the shared record.
func (w *wholes) delivery(number int) string {
	return filepath.Join(w.c.Work, "landing", "ohc", fmt.Sprintf("%07d", number))
}

const (
	byDrop   = "fetch: {drop: {folder: drop/%[1]s, marker: .done}}"
	byFolder = "path: %[1]s"
)

// edits of a configuration that have a feed be a folder again.
func asFolders(feeds ...string) (edits []string) {
	for _, f := range feeds {
		edits = append(edits, fmt.Sprintf(byDrop, feedFolders[f]), fmt.Sprintf(byFolder, feedFolders[f]))
	}
	return edits
}

// TestWhyWhole brings about every reason for which a run takes up everything,
// one after the other: each is what the plan says, and what happens, and is said
// once. That there is none besides, the program's own text is asked.
func TestWhyWhole(t *testing.T) {
	t.Parallel()
	w := &wholes{odd: newDeltas(t, 60, 5, 0).odd()}
	said := make(map[string]bool)
	for _, row := range w.reasons() {
		row.provoke()
		r := w.whole(row.reason, row.asked)
		if said[row.reason] = true; r.Delta || r.Plan.Why != row.reason {
			t.Errorf("%q: a delta %v, whole %q", row.reason, r.Delta, r.Plan.Why)
		}
		live, err := seal.Current(stageOf(w.c))
		if err != nil || live.Epoch != live.Run || live.Layer != 0 {
			t.Errorf("%q: the run has layer %d of another, error %v", row.reason, live.Layer, err)
		}
		if next := foreseeRun(t.Context(), w.c)[0]; fetched(w.c) && !strings.HasPrefix(next, "only what has changed") {
			t.Errorf("%q: the next one: %s", row.reason, next)
		}
		if t.Failed() {
			return
		}
	}
	for _, reason := range reasonsOf(t, "../../pipeline/plan.go", "whyWhole", "leaning") {
		for text := range said {
			if reason.MatchString(text) {
				delete(said, text)
				reason = nil
				break
			}
		}
		if reason != nil {
			t.Errorf("nothing brings it about: %s", reason)
		}
	}
	if len(said) > 0 {
		t.Errorf("said by nobody, or twice: %v", said)
	}
}

// whole holds that the plan says a reason, unless what it is for is to be asked
// for, and does the run.
func (w *wholes) whole(reason string, asked bool) pipeline.Result {
	w.t.Helper()
	if !asked {
		if got, want := foreseeRun(w.now(), w.c)[0], "every feed is read whole: "+reason; got != want {
			w.t.Errorf("the plan says %q, want %q", got, want)
		}
	}
	way := extract
	way.try = func(ctx context.Context, c config.Config, l *ledger.Ledger, id string, asOf, now time.Time) (pipeline.Result, error) {
		return runAll(ctx, c, l, id, asOf, now, asked)
	}
	r, _, err := begin(w.now(), w.c, way)
	w.must(err)
	return r
}

// whyRow is a reason, and what brings it about.
type whyRow struct {
	reason  string
	provoke func()
	asked   bool // that everything is read
}

// reasons are all there are. Each stands on the run before.
func (w *wholes) reasons() []whyRow {
	observed := func(id string) map[string][]resource {
		return map[string][]resource{"Observation.ndjson": {w.made("Observation", id, 1, nil)}}
	}
	mixed := asFolders("hospital")
	const changed = "the configuration, the program, the register, a policy, an agreement or a reference file has changed"
	return append([]whyRow{
		{reason: "nothing is staged yet", provoke: func() { w.configure(asFolders("ohc", "hospital", "phr")...) }},
		{reason: "no feed is fetched", provoke: func() {}},
		{reason: "what is staged was made for no delta to follow", provoke: func() {
			w.configure(mixed...)
			w.land(w.c, "day0", w.plan.AsOf, false)
		}},
		{reason: "it was asked for", provoke: func() {}, asked: true},
		{reason: changed, provoke: func() {
			now := time.Now()
			w.must(os.Chtimes(filepath.Join(w.root, "day0", "reference", "places.csv"), now, now))
		}},
		{reason: changed, provoke: func() {
			w.register("excluded")
			w.configure(append(mixed, "purpose: planning", "purpose: planning\npurposes: "+w.root+"/purposes.yaml")...)
		}},
		{reason: changed, provoke: func() { w.register("allowed") }},
		{reason: "the files in the folder of hospital have changed", provoke: func() {
			now := time.Now()
			w.must(os.Chtimes(filepath.Join(w.root, "day0", "hospital", "ae.csv"), now, now))
		}},
		{reason: "there are other feeds", provoke: func() {
			mixed = append(mixed, "name: hospital", "name: wards")
			w.configure(mixed...)
		}},
	}, w.landed(observed)...)
}

// landed are those that what has landed brings about.
func (w *wholes) landed(observed func(id string) map[string][]resource) []whyRow {
	medicine := func(code string) map[string][]resource {
		return map[string][]resource{"Medication.ndjson": {{"resourceType": "Medication", "id": "late", "code": coding("https://dmd.nhs.uk", code)}}}
	}
	const leaning = "something that records of ohc refer to, such as a medicine, is another, or there at last"
	return []whyRow{
		{reason: leaning, provoke: func() {
			w.follows(map[string][]resource{"MedicationRequest.ndjson": {w.made("MedicationRequest", "m1", 1,
				resource{"medicationCodeableConcept": nil, "medicationReference": resource{"reference": "Medication/late"}})}})
			w.lands(false, medicine("317291008"))
		}},
		{reason: leaning, provoke: func() { w.lands(false, medicine("325443009")) }},
		{reason: "delivery 5 of ohc, which is staged, is not there any more", provoke: func() {
			w.follows(observed("o1"))
			w.must(os.Remove(filepath.Join(w.delivery(5), "Observation.ndjson")))
		}},
		{reason: "deliveries of ohc that are staged are not there any more", provoke: func() {
			w.follows(observed("o2"))
			w.must(os.RemoveAll(w.delivery(6)))
		}},
		{reason: "delivery 7 of ohc is everything there is", provoke: func() {
			w.lands(true, map[string][]resource{"Patient.ndjson": w.patients})
		}},
	}
}

// reasonsOf is what functions of a file may return as their first result: texts,
// with anything in place of what is filled in.
func reasonsOf(t *testing.T, file string, functions ...string) (out []*regexp.Regexp) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range functions {
		before := len(out)
		ast.Inspect(parsed, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				return n.Name.Name == name
			case *ast.FuncLit:
				return false
			case *ast.ReturnStmt:
				if reason := reasonOf(t, n.Results[0]); reason != "" {
					out = append(out, regexp.MustCompile("^"+regexp.MustCompile("%[a-z]").ReplaceAllString(regexp.QuoteMeta(reason), ".+")+"$"))
				}
			}
			return true
		})
		if len(out) == before {
			t.Fatalf("%s has no function %s that says a reason", file, name)
		}
	}
	return out
}

// reasonOf is the text of a result, or that which it is made from.
func reasonOf(t *testing.T, result ast.Expr) string {
	t.Helper()
	if made, ok := result.(*ast.CallExpr); ok && len(made.Args) > 0 {
		result = made.Args[0]
	}
	text, ok := result.(*ast.BasicLit)
	if !ok {
		t.Fatalf("a reason that is no text: %T", result)
	}
	said, err := strconv.Unquote(text.Value)
	if err != nil {
		t.Fatal(err)
	}
	return said
}
