package bulktest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// resource is a resource of the server.
type resource struct {
	typ, id, patient string
	at               time.Time
	serial           int
}

// Name is the name of every patient, and Number that of each: what no error may
// hold.
const (
	Name   = "Featherstone"
	Number = "9434765919"
)

// Put makes or changes a resource. patient is whose it is.
func (s *Server) Put(typ, id, patient string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	s.resources[typ+"/"+id] = resource{typ, id, patient, s.tick(), s.serial}
	delete(s.gone, typ+"/"+id)
}

// Delete deletes a resource.
func (s *Server) Delete(typ, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.resources, typ+"/"+id)
	s.gone[typ+"/"+id] = s.tick()
}

// Join and Leave change who is in a group.
func (s *Server) Join(group, patient string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.groups[group] == nil {
		s.groups[group] = map[string]bool{}
	}
	s.groups[group][patient] = true
}

// Leave takes a patient out of a group.
func (s *Server) Leave(group, patient string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.groups[group], patient)
}

// tick lets a second pass.
func (s *Server) tick() time.Time {
	s.Clock.mu.Lock()
	defer s.Clock.mu.Unlock()
	s.Clock.now = s.Clock.now.Add(time.Second)
	return s.Clock.now
}

// Lines are the resources that an export holds, as lines: of a group where it
// is named, of some patients where they are, of some types, changed since.
func (s *Server) Lines(group string, since time.Time, patients []string, types ...string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, list := range s.choose(query{group: group, since: since, patients: patients, types: types}) {
		out = append(out, list...)
	}
	return out
}

// Deletions are the lines that delete what was deleted since.
func (s *Server) Deletions(since time.Time) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.deletions(query{since: since})
}

// query is what an export is asked for.
type query struct {
	group    string
	since    time.Time
	types    []string
	patients []string
	elements bool
	patient  bool // those of patients alone
	partial  bool
}

// choose is the lines of each type.
func (s *Server) choose(q query) map[string][]string {
	out := map[string][]string{}
	var keys []string
	for k := range s.resources {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		r := s.resources[k]
		switch {
		case !r.at.After(q.since), len(q.types) > 0 && !slices.Contains(q.types, r.typ):
		case q.group != "" && !s.groups[q.group][r.patient], len(q.patients) > 0 && !slices.Contains(q.patients, r.patient):
		default:
			out[r.typ] = append(out[r.typ], r.line(q.elements))
		}
	}
	return out
}

// line is a resource as JSON.
func (r resource) line(subset bool) string {
	m := map[string]any{"lastUpdated": r.at.Format(time.RFC3339), "versionId": fmt.Sprint(r.serial)}
	all := map[string]any{"resourceType": r.typ, "id": r.id, "meta": m}
	switch {
	case subset:
		m["tag"] = []any{map[string]string{"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}}
	case r.typ == "Patient":
		all["name"] = []any{map[string]string{"family": Name}}
		all["identifier"] = []any{map[string]string{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": Number}}
	default:
		all["subject"] = map[string]string{"reference": "Patient/" + r.patient}
		all["note"] = strings.Repeat("lorem ipsum ", 40) + fmt.Sprint(r.serial)
	}
	text, _ := json.Marshal(all)
	return string(text)
}

// deletions is a Bundle a deletion.
func (s *Server) deletions(q query) (out []string) {
	if q.since.IsZero() {
		return nil
	}
	for key, at := range s.gone {
		if at.After(q.since) {
			out = append(out, fmt.Sprintf(`{"resourceType":"Bundle","type":"transaction","meta":{"lastUpdated":%q},"entry":[{"request":{"method":"DELETE","url":%q}}]}`,
				at.Format(time.RFC3339), key))
		}
	}
	slices.Sort(out)
	return out
}
