package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"secondaryuse/pipeline"
	"secondaryuse/pipeline/stage/seal"
)

// resource is a resource of the shared record, to be changed.
type resource = map[string]any

// odd is an installation that is given deliveries of the shared record made by
// hand, night by night.
type odd struct {
	*deltas
	patients []resource
	like     map[string]resource // one of a type
}

func newOdd(t *testing.T) *odd {
	o := newDeltas(t, 60, 5, 0).odd()
	c := o.config("kept")
	o.land(c, "day0", o.plan.AsOf, false)
	o.run(c)
	return o
}

// odd reads what deliveries can be made from.
func (d *deltas) odd() *odd {
	o := &odd{deltas: d, like: make(map[string]resource)}
	for _, typ := range []string{"Patient", "Encounter", "Condition", "Observation", "MedicationRequest"} {
		all := o.read(typ)
		if o.like[typ] = all[0]; typ == "Patient" {
			o.patients = all
		}
	}
	return o
}

// read reads what the first delivery holds of a type.
func (o *odd) read(typ string) (all []resource) {
	o.t.Helper()
	text, err := os.ReadFile(filepath.Join(o.root, "day0", "shared-record", typ+".ndjson"))
	if err != nil {
		o.t.Fatal(err)
	}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		var r resource
		if json.Unmarshal(lines.Bytes(), &r) == nil && (typ != "Patient" || o.allowed(lines.Text())) {
			all = append(all, r)
		}
	}
	return all
}

// allowed reports whether a patient is one whose records may be used.
func (o *odd) allowed(patient string) bool {
	number := regexp.MustCompile(`"value":"([0-9]{10})"`).FindStringSubmatch(patient)
	if number == nil || !strings.Contains(patient, `"code":"01"`) {
		return false
	}
	in := func(list string) bool {
		text, err := os.ReadFile(filepath.Join(o.root, "day0", "lists", list))
		if err != nil {
			o.t.Fatal(err)
		}
		return strings.Contains(string(text), number[1])
	}
	return in("optout.dat") && !in("objections.csv")
}

// made is a resource of a type about a patient, with some members changed.
func (o *odd) made(typ, id string, patient int, change resource) resource {
	r := resource{}
	for key, v := range o.like[typ] {
		r[key] = v
	}
	r["id"] = id
	r["meta"] = resource{"lastUpdated": o.plan.AsOf.AddDate(0, 0, o.night+1).Format(time.RFC3339)}
	r["subject"] = resource{"reference": "Patient/" + o.patients[patient]["id"].(string)}
	delete(r, "encounter")
	for key, v := range change {
		if r[key] = v; v == nil {
			delete(r, key)
		}
	}
	return r
}

// again is a patient's own record, of a later version.
func (o *odd) again(patient int) resource {
	r := resource{}
	for key, v := range o.patients[patient] {
		r[key] = v
	}
	r["meta"] = resource{"lastUpdated": o.plan.AsOf.AddDate(0, 0, o.night+1).Format(time.RFC3339)}
	return r
}

// next lands files and has them taken up.
func (o *odd) next(files map[string][]resource) pipeline.Result {
	o.t.Helper()
	o.files(files)
	c := o.config("kept")
	o.land(c, fmt.Sprintf("night%d", o.night), o.plan.AsOf.AddDate(0, 0, o.night), false)
	r := o.run(c)
	o.t.Logf("night %d: whole %q; %d touched, %d records read again", o.night, r.Plan.Why, r.Touched, r.Again)
	return r
}

// files writes the files of another night.
func (o *odd) files(files map[string][]resource) {
	o.t.Helper()
	o.night++
	o.write(filepath.Join(o.root, fmt.Sprintf("night%d", o.night), "shared-record"), files)
}

// write writes files of resources.
func (o *odd) write(dir string, files map[string][]resource) {
	o.t.Helper()
	for name, all := range files {
		var text bytes.Buffer
		for _, r := range all {
			if err := json.NewEncoder(&text).Encode(r); err != nil {
				o.t.Fatal(err)
			}
		}
		if strings.HasSuffix(name, ".gz") {
			var packed bytes.Buffer
			w := gzip.NewWriter(&packed)
			w.Write(text.Bytes())
			w.Close()
			text = packed
		}
		name = filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, text.Bytes(), 0o600)); err != nil {
			o.t.Fatal(err)
		}
	}
}

// whole holds what is published against what is by reading everything.
func (o *odd) whole(when string) {
	o.t.Helper()
	c, fresh := o.config("kept"), o.config(strings.ReplaceAll("fresh "+when, " ", "-"))
	o.copyLanding(c.Work, fresh.Work)
	o.run(fresh)
	if o.same(c, fresh); o.t.Failed() {
		o.t.Fatal(when)
	}
}

func coding(system, code string) resource {
	return resource{"coding": []resource{{"system": system, "code": code}}}
}

// TestDeltaOfWhatIsReferredTo holds that a medicine which comes after the
// records that refer to it, or changes after them, is theirs, and that others
// have nothing read anew.
func TestDeltaOfWhatIsReferredTo(t *testing.T) {
	t.Parallel()
	o := newOdd(t)
	prescribed := func(id, medicine string) resource {
		return o.made("MedicationRequest", id, 1, resource{"medicationCodeableConcept": nil, "medicationReference": resource{"reference": "Medication/" + medicine}})
	}
	medicine := func(id, code string) resource {
		return resource{"resourceType": "Medication", "id": id, "code": coding("https://dmd.nhs.uk", code)}
	}
	for i, night := range []struct {
		whole bool
		files map[string][]resource
	}{
		{false, map[string][]resource{"MedicationRequest.ndjson": {prescribed("m1", "late")}}},
		{false, map[string][]resource{"Medication.ndjson": {medicine("other", "317896006")}}},
		{true, map[string][]resource{"Medication.ndjson": {medicine("late", "317291008")}}},
		{false, map[string][]resource{"Medication.ndjson": {medicine("late", "317291008")}, "MedicationRequest.ndjson": {prescribed("m2", "late")}}},
		{true, map[string][]resource{"Medication.ndjson": {medicine("late", "325443009")}}},
	} {
		if r := o.next(night.files); r.Plan.Whole != night.whole {
			t.Errorf("night %d: whole %q", i+1, r.Plan.Why)
		}
	}
	o.whole("at last")
}

// TestDeltaOfAPatientAtTheHead holds that of a file which holds patients because
// one stands at its head the others are found again, though that one is not asked
// for.
func TestDeltaOfAPatientAtTheHead(t *testing.T) {
	t.Parallel()
	o := newOdd(t)
	o.follow(map[string][]resource{"Observation.1.ndjson": {o.again(1), o.made("Observation", "o1", 2, nil), o.again(2), o.made("Observation", "o2", 1, nil)}})
	o.follow(map[string][]resource{"Observation.2.ndjson": {o.made("Observation", "o3", 2, nil)}})
	o.whole("the second of two")
}

// TestDeltaOfWholeFilesTwice holds that of a file that can only be read as a
// whole every round of a delta takes its own, and nothing twice. Three persons
// have all that changes: in the second night one of them is named by it, and the
// others, in a second round, because a record of theirs hangs on a sensitive
// encounter of the first.
func TestDeltaOfWholeFilesTwice(t *testing.T) {
	t.Parallel()
	o := newOdd(t)
	at := resource{"reference": "Encounter/e1"}
	in := resource{"encounter": at}
	first := o.follow(map[string][]resource{"Encounter.ndjson": {o.made("Encounter", "e1", 2, nil)}, "Observation.1.ndjson.gz": {
		o.made("Observation", "o1", 1, in), o.made("Observation", "o2", 2, nil), o.made("Observation", "o3", 3, in), o.made("Observation", "o4", 3, nil)}})
	second := o.follow(map[string][]resource{"Condition.ndjson": {
		o.made("Condition", "c1", 2, resource{"encounter": at, "code": coding("http://hl7.org/fhir/sid/icd-10", "B24")})}})
	if second.Touched != 3 || second.Again != first.Again+5 {
		t.Errorf("%d persons are touched, and %d records read again; the night before %d, of 3, with 5 new ones", second.Touched, second.Again, first.Again)
	}
	o.whole("what hangs is gone")
	o.follow(map[string][]resource{"Observation.ndjson": {o.made("Observation", "o1", 1, nil)}})
	o.whole("what hung is back")
}

// follow lands files and has a delta take them up.
func (o *odd) follow(files map[string][]resource) pipeline.Result {
	o.t.Helper()
	r := o.next(files)
	if !r.Delta || r.Touched == 0 {
		o.t.Errorf("night %d: whole %q, %d touched", o.night, r.Plan.Why, r.Touched)
	}
	return r
}

// TestDeltaAfterHands holds that a delivery which was changed by hand or is not
// there any more, or a stage that was changed, ends the run with what is published
// as it was.
func TestDeltaAfterHands(t *testing.T) {
	t.Parallel()
	o := newOdd(t)
	c := o.config("kept")
	touch := func() map[string][]resource {
		return map[string][]resource{"Observation.ndjson": {o.made("Observation", fmt.Sprint("o", o.night), 1, nil)}}
	}
	if r := o.next(touch()); r.Plan.Whole || r.Again == 0 {
		t.Errorf("whole %q, %d records read again", r.Plan.Why, r.Again)
	}
	o.refused(touch(), "where it was landed", func() {
		name := filepath.Join(c.Work, "landing", "ohc", "0000001", "Observation.ndjson")
		text, err := os.ReadFile(name)
		if err == nil {
			err = os.WriteFile(name, append([]byte("{}\n"), text...), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	o.refused(touch(), "not as it was sealed", func() {
		live, err := seal.Current(stageOf(c))
		if err == nil {
			err = os.Truncate(filepath.Join(seal.Dir(stageOf(c), live.Run), seal.Roster+".bin"), 100)
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	o.refused(touch(), "came before delivery 2 is missing", func() {
		if err := os.Rename(filepath.Join(c.Work, "landing", "ohc", "0000001"), filepath.Join(o.root, "away")); err != nil {
			t.Fatal(err)
		}
	})
}

// refused lands files, spoils something, and holds that the run fails for it.
func (o *odd) refused(files map[string][]resource, why string, spoil func()) {
	o.t.Helper()
	before := o.marts(o.config("kept"))
	o.files(files)
	spoil()
	c := o.config("kept")
	o.land(c, fmt.Sprintf("night%d", o.night), o.plan.AsOf.AddDate(0, 0, o.night), false)
	if _, _, err := begin(o.now(), c, extract); err == nil || !strings.Contains(err.Error(), why) {
		o.t.Errorf("want %q: %v", why, err)
	}
	if !maps.Equal(o.marts(c), before) {
		o.t.Errorf("%s: something was published", why)
	}
}
