package bulktest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// job is an export.
type job struct {
	id     string
	time   time.Time
	asked  query
	files  []*content
	polls  int  // until it is done
	apart  bool // its status is told apart from that of the request
	signed int  // changes with the links
}

// content is a file of an export.
type content struct {
	section, typ string
	count        int
	plain        []byte
	tag          string
}

// handler answers all requests, one at a time.
func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern, kind string, h func(http.ResponseWriter, *http.Request, Fault)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			s.mu.Lock()
			w.Header().Set("Date", s.Clock.Now().Format(http.TimeFormat))
			f := s.next(kind)
			if f.Hang {
				s.mu.Unlock()
				f.meet(w, r)
				return
			}
			defer s.mu.Unlock()
			if f.meet(w, r) {
				return
			}
			h(w, r, f)
		})
	}
	handle("/fhir/.well-known/smart-configuration", "discovery", func(w http.ResponseWriter, r *http.Request, _ Fault) { s.discovery(w, r) })
	handle("/token", "token", func(w http.ResponseWriter, r *http.Request, _ Fault) { s.token(w, r) })
	handle("/fhir/$export", "kick-off", s.kickOff)
	handle("/fhir/Patient/$export", "kick-off", s.kickOff)
	handle("/fhir/Group/{group}/$export", "kick-off", s.kickOff)
	handle("GET /jobs/{job}", "status", s.status)
	handle("GET /jobs/{job}/{page}", "status", s.status)
	handle("DELETE /jobs/{job}", "delete", s.remove)
	handle("/files/{job}/{file}", "file", s.file)
	return mux
}

func (s *Server) kickOff(w http.ResponseWriter, r *http.Request, _ Fault) {
	if !s.admitted(w, r) {
		return
	}
	prefer := strings.Split(strings.ReplaceAll(r.Header.Get("Prefer"), " ", ""), ",")
	if r.Header.Get("Accept") != "application/fhir+json" || !slices.Contains(prefer, "respond-async") {
		s.violation(w, "kick-off: Accept or Prefer")
		return
	}
	if s.Next && r.Method != http.MethodPost {
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	q, err := s.parse(r)
	if err != nil {
		s.violation(w, "kick-off: "+err.Error())
		return
	}
	switch {
	case q.elements && s.NoElements, q.patient && s.NoPatients:
		refuse(w, http.StatusBadRequest, "not-supported")
	case !s.covers(r, q.types):
		refuse(w, http.StatusForbidden, "forbidden")
	default:
		j := s.export(q)
		j.apart = slices.Contains(prefer, "separate-export-status")
		w.Header().Set("Content-Location", strings.TrimSuffix(s.URL, "/fhir")+"/jobs/"+j.id)
		w.WriteHeader(http.StatusAccepted)
	}
}

// parse reads the parameters of a kick-off.
func (s *Server) parse(r *http.Request) (q query, err error) {
	q.group = r.PathValue("group")
	values := r.URL.Query()
	if r.Method == http.MethodPost {
		if len(values) > 0 || r.Header.Get("Content-Type") != "application/fhir+json" {
			return q, errors.New("POST takes Parameters alone")
		}
		if values, err = parameters(r.Body); err != nil {
			return q, err
		}
	}
	for name, list := range values {
		for _, v := range list {
			if s.Next && strings.Contains(v, ",") {
				return q, errors.New("a comma-delimited value")
			}
			switch name {
			case "_type":
				q.types = append(q.types, strings.Split(v, ",")...)
			case "_elements":
				q.elements = v == "id"
			case "_since":
				if q.since, err = time.Parse(time.RFC3339Nano, v); err != nil {
					return q, errors.New("_since is no instant")
				}
			case "_typeFilter":
				if !strings.Contains(v, "?") {
					return q, errors.New("_typeFilter is no query")
				}
			case "allowPartialManifests":
				q.partial = v == "true"
			case "patient":
				id, ok := strings.CutPrefix(v, "Patient/")
				if !ok || r.Method != http.MethodPost || !s.groups[q.group][id] {
					return q, errors.New("patient: by POST, and of those in the group")
				}
				q.patients, q.patient = append(q.patients, id), true
			default:
				return q, errors.New("an unknown parameter")
			}
		}
	}
	return q, nil
}

// parameters reads a Parameters resource.
func parameters(body io.Reader) (url.Values, error) {
	var p struct {
		ResourceType string
		Parameter    []struct {
			Name           string
			ValueString    *string
			ValueInstant   *string
			ValueBoolean   *bool
			ValueReference *struct{ Reference string }
		}
	}
	d := json.NewDecoder(body)
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil || p.ResourceType != "Parameters" {
		return nil, errors.New("no Parameters")
	}
	kinds := map[string]string{"_type": "s", "_elements": "s", "_typeFilter": "s", "_since": "i", "allowPartialManifests": "b", "patient": "r"}
	v := url.Values{}
	for _, x := range p.Parameter {
		switch {
		case x.ValueString != nil && kinds[x.Name] == "s":
			v.Add(x.Name, *x.ValueString)
		case x.ValueInstant != nil && kinds[x.Name] == "i":
			v.Add(x.Name, *x.ValueInstant)
		case x.ValueBoolean != nil && kinds[x.Name] == "b":
			v.Add(x.Name, strconv.FormatBool(*x.ValueBoolean))
		case x.ValueReference != nil && kinds[x.Name] == "r":
			v.Add(x.Name, x.ValueReference.Reference)
		default:
			return nil, errors.New("a parameter of the wrong type")
		}
	}
	return v, nil
}

// export makes the files of an export.
func (s *Server) export(q query) *job {
	s.serial++
	j := &job{id: fmt.Sprintf("job-%d", s.serial), time: s.tick(), asked: q, polls: s.Polls}
	if s.Polls == 0 {
		j.polls = 1
	}
	if s.Time != nil {
		j.time = s.Time(j.time)
	}
	if s.Content != nil {
		s.given(j)
		return j
	}
	chosen := s.choose(q)
	var types []string
	for t := range chosen {
		types = append(types, t)
	}
	slices.Sort(types)
	for _, t := range types {
		s.split(j, "output", t, chosen[t])
	}
	s.split(j, "deleted", "Bundle", s.deletions(q))
	var lines []string
	for _, i := range s.Issues {
		text, _ := json.Marshal(operationOutcome(i.Severity, i.Code))
		lines = append(lines, string(text))
	}
	s.split(j, "error", "OperationOutcome", lines)
	s.jobs[j.id] = j
	return j
}

// given makes the files of an export of which somebody else knows what it holds.
func (s *Server) given(j *job) {
	at, all := s.Content(j.asked.since)
	j.time = at
	for _, g := range all {
		if section := map[bool]string{true: "deleted", false: "output"}[g.Deleted]; len(g.Lines) > 0 {
			s.split(j, section, g.Type, g.Lines)
		}
	}
	s.jobs[j.id] = j
}

func (s *Server) split(j *job, section, typ string, lines []string) {
	n := s.PerFile
	if n == 0 {
		n = 2
	}
	for some := range slices.Chunk(lines, n) {
		b := []byte(strings.Join(some, "\n") + "\n")
		if s.File != nil {
			b = s.File(typ, b)
		}
		s.serial++
		j.files = append(j.files, &content{section, typ, len(some), b, fmt.Sprintf(`"v%d"`, s.serial)})
	}
}

// status tells how far an export is, and its manifest.
func (s *Server) status(w http.ResponseWriter, r *http.Request, f Fault) {
	if !s.admitted(w, r) {
		return
	}
	if r.Header.Get("Accept") != "application/json" {
		s.violation(w, "status: Accept")
		return
	}
	j := s.jobs[r.PathValue("job")]
	if f.Lose {
		delete(s.jobs, r.PathValue("job"))
		j = nil
	}
	if j == nil {
		refuse(w, http.StatusNotFound, "not-found")
		return
	}
	if f.Export != 0 {
		w.Header().Set("X-Export-Status", strconv.Itoa(f.Export))
		refuse(w, http.StatusOK, "processing")
		return
	}
	page, _ := strconv.Atoi(r.PathValue("page"))
	if j.polls > 0 {
		j.polls--
		s.running(w, j, page)
		return
	}
	w.Header().Set("Expires", s.Clock.Now().Add(time.Hour).Format(http.TimeFormat))
	w.Header().Set("Content-Type", "application/json")
	s.manifest(w, j, page, j.files)
}

// running answers while an export runs, with a part of the manifest where that
// is allowed.
func (s *Server) running(w http.ResponseWriter, j *job, page int) {
	w.Header().Set("Retry-After", "120")
	w.Header().Set("X-Progress", "half way, at "+Number)
	code := http.StatusAccepted
	if j.apart {
		w.Header().Set("X-Export-Status", "202")
		code = http.StatusOK
	}
	if !s.Early || !j.asked.partial {
		w.WriteHeader(code)
		return
	}
	ready := max((page+1)*s.PerPage, 1) // this page, and not the next
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	s.manifest(w, j, page, j.files[:min(ready, len(j.files))])
}

func (s *Server) manifest(w io.Writer, j *job, page int, ready []*content) {
	root := strings.TrimSuffix(s.URL, "/fhir")
	if s.Elsewhere {
		root = s.files.URL
	}
	errors := "error"
	if s.Next {
		errors = "outcome"
	}
	m := map[string]any{"transactionTime": j.time.Format(time.RFC3339), "requiresAccessToken": !s.Capability && !s.Open, "output": []any{}, errors: []any{}}
	if !s.Next {
		m["request"] = s.URL + "/$export"
	}
	for n, c := range ready {
		if s.PerPage > 0 && j.asked.partial && n/s.PerPage != page && c.section != "error" {
			continue
		}
		name := map[string]string{"error": errors}[c.section]
		if name == "" {
			name = c.section
		}
		entry := map[string]any{"type": c.typ, "url": fmt.Sprintf("%s/files/%s/%d?signature=%s-%d", root, j.id, n, Signature, j.signed)}
		if !s.NoCount {
			entry["count"] = c.count
		}
		list, _ := m[name].([]any)
		m[name] = append(list, entry)
	}
	if s.PerPage > 0 && j.asked.partial && len(ready) == len(j.files) && (page+1)*s.PerPage < len(j.files) {
		m["link"] = []any{map[string]string{"relation": "next", "url": fmt.Sprintf("%s/jobs/%s/%d", strings.TrimSuffix(s.URL, "/fhir"), j.id, page+1)}}
	}
	json.NewEncoder(w).Encode(m)
}

// Signature is in the address of every file: a secret.
const Signature = "s1gn4ture"

func (s *Server) remove(w http.ResponseWriter, r *http.Request, _ Fault) {
	if !s.admitted(w, r) {
		return
	}
	if s.jobs[r.PathValue("job")] == nil {
		refuse(w, http.StatusNotFound, "not-found")
		return
	}
	delete(s.jobs, r.PathValue("job"))
	w.WriteHeader(http.StatusAccepted)
}
