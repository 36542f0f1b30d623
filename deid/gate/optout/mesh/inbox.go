package mesh

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// inboxMost is the most messages that a listing of the inbox has.
const inboxMost = 100_000

// page is a part of a listing.
type page struct {
	Messages []string
	Links    struct{ Next string }
}

// Inbox lists what lies in the inbox and is not acknowledged, each message
// once, in the service's order, which need not be that of sending. Workflow is
// the one wanted; empty: all.
func (c *Client) Inbox(ctx context.Context, workflow string) ([]string, error) {
	query := url.Values{}
	if workflow != "" {
		query.Set("workflow_filter", workflow)
	}
	var list []string
	listed, asked := map[string]bool{}, map[string]bool{}
	for query != nil {
		asked[query.Encode()] = true
		p, next, err := c.page(ctx, query)
		if err != nil {
			return nil, err
		}
		for _, id := range p.Messages {
			if id = strings.ToUpper(id); !listed[id] {
				listed[id] = true
				list = append(list, id)
			}
		}
		if len(list) > inboxMost || next != nil && asked[next.Encode()] {
			return nil, &failure{op: "inbox", reason: "the listing has no end", next: "ask the service desk", causes: []error{ErrFalse}}
		}
		query = next
	}
	return list, nil
}

// page lists a part of the inbox. next asks for the one after; nil: there is none.
func (c *Client) page(ctx context.Context, query url.Values) (p page, next url.Values, err error) {
	q := call{op: "inbox", method: http.MethodGet, path: []string{"inbox"}, query: query, again: true}
	err = c.ask(ctx, q, func(r *http.Response) error {
		p, next = page{}, nil
		if err := expect(r, http.StatusOK); err != nil {
			return err
		}
		if err := decode(r, &p); err != nil {
			return err
		}
		if slices.ContainsFunc(p.Messages, func(id string) bool { return !ids.MatchString(id) }) {
			return wrong(r, "it lists what is not the id of a message")
		}
		if p.Links.Next == "" {
			return nil
		}
		u, err := r.Request.URL.Parse(p.Links.Next)
		if err != nil || u.Scheme != r.Request.URL.Scheme || u.Host != r.Request.URL.Host || u.Path != r.Request.URL.Path || u.User != nil || u.RawQuery == "" {
			return wrong(r, "the next page is not one of the inbox")
		}
		next = u.Query()
		return nil
	})
	return p, next, err
}

// message checks the id of a message that the caller gave.
func message(op, id string) error {
	if ids.MatchString(id) {
		return nil
	}
	return &failure{op: op, reason: "not the id of a message", next: "list the inbox", causes: []error{ErrRefused}}
}

// Head tells what is said of a message, without its content.
func (c *Client) Head(ctx context.Context, id string) (m Message, err error) {
	if err := message("head", id); err != nil {
		return m, err
	}
	q := call{op: "head", id: id, method: http.MethodHead, path: []string{"inbox", id}, again: true}
	err = c.ask(ctx, q, func(r *http.Response) error {
		if err := expect(r, http.StatusOK); err != nil {
			return err
		}
		told, err := parse(r.Header)
		if err != nil {
			return wrong(r, err.Error())
		}
		if told.ID == "" {
			told.ID = strings.ToUpper(id)
		}
		if told.ID != strings.ToUpper(id) {
			return wrong(r, "it tells of another message than was asked for")
		}
		if told.To != "" && !strings.EqualFold(told.To, c.mailbox) {
			return &failure{reason: "the message is to another mailbox", next: "list the inbox", causes: []error{ErrRefused}}
		}
		m = told
		return nil
	})
	return m, err
}

// Acknowledge tells the service that a message has been dealt with: it is
// listed no more, and kept no more. To say so twice does no harm.
func (c *Client) Acknowledge(ctx context.Context, id string) error {
	if err := message("acknowledge", id); err != nil {
		return err
	}
	q := call{op: "acknowledge", id: id, method: http.MethodPut, path: []string{"inbox", id, "status", "acknowledged"}, again: true}
	err := c.ask(ctx, q, only(http.StatusOK))
	if f, ok := errors.AsType[*failure](err); ok && f.status == http.StatusGone && f.try > 1 {
		return nil // the first was heard, and its answer lost
	}
	return err
}

// Tracking is what has become of a message that we sent.
type Tracking struct {
	State   string    // uploading, accepted, acknowledged, undeliverable, error
	Code    string    // of the closed list of codes, or empty
	Sent    time.Time // these two are zero where the service does not say
	Expires time.Time // of a message that nobody collects
}

var states = []string{"uploading", "accepted", "acknowledged", "undeliverable", "error"}

// Track tells what has become of a message that we sent.
func (c *Client) Track(ctx context.Context, id string) (t Tracking, err error) {
	if err := message("track", id); err != nil {
		return t, err
	}
	q := call{op: "track", id: id, method: http.MethodGet, path: []string{"outbox", "tracking"}, query: url.Values{"messageID": {id}}, again: true}
	err = c.ask(ctx, q, func(r *http.Response) error {
		if err := expect(r, http.StatusOK); err != nil {
			return err
		}
		var said struct {
			ID      string `json:"message_id"`
			Status  string
			Code    string `json:"status_code"`
			Sent    string `json:"upload_timestamp"`
			Expires string `json:"expiry_time"`
		}
		if err := decode(r, &said); err != nil {
			return err
		}
		state := strings.ToLower(said.Status)
		if !slices.Contains(states, state) || !strings.EqualFold(said.ID, id) {
			return wrong(r, "it tells of another message, or of no state that is known")
		}
		t = Tracking{State: state, Code: known(said.Code), Sent: moment(said.Sent), Expires: moment(said.Expires)}
		return nil
	})
	return t, err
}

// moment reads a time of the service, in UTC where it does not say.
func moment(s string) time.Time {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}
