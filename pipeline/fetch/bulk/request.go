package bulk

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// request is what one export is asked for.
type request struct {
	types    []string
	filters  []string
	elements string
	since    time.Time // zero: everything
	patients []string  // ids; those alone
	partial  bool
}

// changed asks for the feed: everything, or what has changed.
func (f *Fetcher) changed(since time.Time) request {
	return request{types: f.config.Types, filters: f.config.Filters, since: since, partial: f.config.Partial}
}

// members asks who is in the group. What comes is cut short, and never stored
// as a record.
func (f *Fetcher) members() request {
	return request{types: []string{"Patient"}, elements: "id"}
}

// endpoint is where exports are asked for.
func (f *Fetcher) endpoint() string {
	switch f.config.Of {
	case "patient":
		return f.base.String() + "/Patient/$export"
	case "group":
		return f.base.String() + "/Group/" + f.config.Group + "/$export"
	}
	return f.base.String() + "/$export"
}

// post reports whether the request goes as a body.
func (f *Fetcher) post(q request) bool { return f.config.Edition == 4 || len(q.patients) > 0 }

// String is the request in words for the operator.
func (q request) String(f *Fetcher) string {
	query, err := url.QueryUnescape(q.query())
	if err != nil {
		query = q.query()
	}
	method := "GET "
	if f.post(q) {
		method = "POST "
	}
	if query == "" {
		return method + f.endpoint()
	}
	return method + f.endpoint() + "?" + query
}

// query is the request as an address has it.
func (q request) query() string {
	v := url.Values{}
	if len(q.types) > 0 {
		v.Set("_type", strings.Join(q.types, ","))
	}
	if q.elements != "" {
		v.Set("_elements", q.elements)
	}
	if !q.since.IsZero() {
		v.Set("_since", instant(q.since))
	}
	for _, f := range q.filters {
		v.Add("_typeFilter", f)
	}
	if q.partial {
		v.Set("allowPartialManifests", "true")
	}
	return v.Encode()
}

// body is the request as Parameters, a value each.
func (q request) body() ([]byte, error) {
	type parameter map[string]any
	list := []parameter{}
	add := func(name, kind string, v any) { list = append(list, parameter{"name": name, kind: v}) }
	for _, t := range q.types {
		add("_type", "valueString", t)
	}
	if q.elements != "" {
		add("_elements", "valueString", q.elements)
	}
	if !q.since.IsZero() {
		add("_since", "valueInstant", instant(q.since))
	}
	for _, f := range q.filters {
		add("_typeFilter", "valueString", f)
	}
	if q.partial {
		add("allowPartialManifests", "valueBoolean", true)
	}
	for _, p := range q.patients {
		add("patient", "valueReference", map[string]string{"reference": "Patient/" + p})
	}
	return json.Marshal(map[string]any{"resourceType": "Parameters", "parameter": list})
}

// instant is a time as FHIR has it, and as a mark.
func instant(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// start asks for an export and returns where its status is told.
func (l *link) start(ctx context.Context, f *Fetcher, q request) (status string, err error) {
	const kind = "kick-off"
	if l.token != nil { // it says what we may ask for
		if _, err := l.token.get(ctx, l); err != nil {
			return "", err
		}
		lacks := l.token.lacks()
		q.types = slices.DeleteFunc(slices.Clone(q.types), func(t string) bool { return slices.Contains(lacks, t) })
		if len(q.types) == 0 && len(f.config.Types) > 0 {
			return "", &failure{kind: kind, reason: "the scope granted covers none of the types"}
		}
	}
	a, err := l.ask(ctx, l.kickOff(f, q, f.post(q)), small)
	if err == nil && a.status == http.StatusMethodNotAllowed && !f.post(q) {
		a, err = l.ask(ctx, l.kickOff(f, q, true), small)
	}
	if err != nil {
		return "", err
	}
	if a.status != http.StatusAccepted {
		return "", l.refused(kind, a)
	}
	u, err := l.base.Parse(a.header.Get("Content-Location"))
	if err != nil || a.header.Get("Content-Location") == "" {
		return "", &failure{kind: kind, reason: "the server does not say where the status of the export is"}
	}
	_, err = l.target("status", u.String(), true)
	return u.String(), err
}

func (l *link) kickOff(f *Fetcher, q request, post bool) call {
	c := call{kind: "kick-off", method: http.MethodGet, url: f.endpoint(), auth: true,
		header: map[string]string{"Accept": "application/fhir+json", "Prefer": "respond-async"}}
	if f.config.Edition == 4 {
		c.header["Prefer"] = "respond-async, separate-export-status"
	}
	if post {
		c.method, c.body = http.MethodPost, q.body
		c.header["Content-Type"] = "application/fhir+json"
	} else if query := q.query(); query != "" {
		c.url += "?" + query
	}
	return c
}
