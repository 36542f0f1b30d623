package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"secondaryuse/deid"
	"secondaryuse/deid/identity"
	"secondaryuse/marts"
	"secondaryuse/marts/domain/keyring"
	"secondaryuse/marts/reversal"
	"secondaryuse/pipeline/audit"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/durable"
)

// handBack does what an approved request asks for, and says what it came to.
func handBack(ctx context.Context, c config.Config, file, list, out string, d *deed) (string, error) {
	if err := d.whole(); err != nil {
		return "", err // whether a request is spent, the log alone knows
	}
	r, ids, by, err := approvedRequest(c, file, list, d.now)
	if d.Reason = r.Approval; err != nil {
		return "", err
	}
	to, err := deid.HandOf(r.To)
	if err != nil {
		return "", coded{exitConfig, fmt.Errorf("reidentification.practices: %w", err)}
	}
	if err := d.uses(c, append(keysOfRun(c), r.Domain)...); err != nil {
		return "", err
	}
	s, err := standingNow(c, d.now)
	if err != nil {
		return "", err
	}
	d.Snapshot = s.snapshot.ID
	found, err := s.patients(ctx, r, ids)
	if err != nil {
		return "", err
	}
	persons, err := s.numbers(ctx, found)
	if err == nil && len(persons) == 0 {
		err = fmt.Errorf("%w: of those on the list, nobody may be used now and is registered with the practice", reversal.ErrRefused)
	}
	if err != nil {
		return "", err
	}
	var text bytes.Buffer
	if err := to.Numbers(&text, persons); err != nil {
		return "", err
	}
	of, err := recordOf(c, r, by, file, len(persons))
	if err == nil {
		err = d.say(s.returned(of, r.Reason, found, persons)...)
	}
	if err != nil {
		return "", err // and nothing was written
	}
	told := fmt.Sprintf("handed to %s: %s of %s persons; left out, for the gates do not admit them now or they are not registered there: %s",
		r.Practice, about(int64(len(persons))), about(int64(len(ids))), people(len(ids)-len(persons)))
	return told, durable.Replace(out, text.Bytes())
}

// patients are those of a list whom the gates admit now, and who are registered
// with the practice that asks: their ids in the request's domain, by person_id.
func (s standingAt) patients(ctx context.Context, r reversal.Request, ids reversal.List) (map[int64]int64, error) {
	if today(s.now).Format("2006-01-02") != s.snapshot.AsOf {
		return nil, publishFirst(errors.New("who is registered where is known of another day than today"))
	}
	ask, err := s.domainOf(r)
	if err != nil {
		return nil, err
	}
	base, err := s.eligible(ctx)
	if err != nil {
		return nil, err
	}
	registered, err := s.asked(ctx, "SELECT person_id FROM population WHERE registered AND practice = '"+r.Practice+"'") // its form is checked
	if err != nil {
		return nil, err
	}
	own := s.run.Marts.(marts.Publisher).Key
	found := make(map[int64]int64)
	for _, b := range base {
		in := own.ID(b)
		if id := ask(in); registered[in] {
			if _, asked := slices.BinarySearch(ids, id); asked {
				found[b] = id
			}
		}
	}
	return found, nil
}

// domainOf is how the ids of a request's domain are made of those of the snapshot:
// they are those themselves, or an extract's.
func (s standingAt) domainOf(r reversal.Request) (func(int64) int64, error) {
	key, err := reversible(s.conf, r.Domain)
	if err != nil {
		return nil, err
	}
	switch {
	case key.Fingerprint() != r.Fingerprint:
		return nil, fmt.Errorf("%w: the domain %s has another key than when it was asked", reversal.ErrRefused, r.Domain)
	case keyring.KindOf(r.Domain) == keyring.Project:
		return key.ID, nil
	case r.Domain == s.conf.Purpose && r.Fingerprint == s.snapshot.Domain:
		return func(id int64) int64 { return id }, nil
	}
	return nil, fmt.Errorf("%w: the marts of this configuration are of another domain; next: ask where those of %s are published", reversal.ErrRefused, r.Domain)
}

// numbers finds the numbers of persons, by the ids that they are asked for by:
// from who is known now, for no table of them is kept.
func (s standingAt) numbers(ctx context.Context, found map[int64]int64) (map[int64]identity.Number, error) {
	p, err := newProof(s.conf, nil)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]identity.Number)
	err = digester{proof: p, conf: s.conf, now: s.now}.everyone(ctx, func(n identity.Number) {
		if id, ok := found[p.key.Person(n)]; ok {
			out[id] = n
		}
	})
	return out, err
}

// returnedRecord is what the audit log says of one number that was handed back.
type returnedRecord struct {
	Request  string   `json:"request"`
	Practice string   `json:"practice"`
	Approval string   `json:"approval"`
	By       string   `json:"by"`
	Approved []string `json:"approved"`
	Person   string   `json:"person"` // a keyed digest
	Persons  string   `json:"persons"`
	File     string   `json:"request_sha256"` // of the file with the signatures
	People   string   `json:"people_sha256"`  // and of that which says whose they are
}

// returnedEvent is what such an event is called.
const returnedEvent = "number handed back"

// returned is an event for each person whose number is handed back, and none for who
// was left out.
func (s standingAt) returned(of returnedRecord, reason string, found map[int64]int64, persons map[int64]identity.Number) (events []audit.Event) {
	for _, base := range slices.Sorted(maps.Keys(found)) {
		if _, ok := persons[found[base]]; !ok {
			continue
		}
		d := s.run.Key.Returned(base)
		of.Person = hex.EncodeToString(d[:])
		record, err := json.Marshal(of)
		if err != nil {
			panic("reidentify: " + err.Error()) // unreachable: it is but texts
		}
		events = append(events, audit.Event{What: returnedEvent, Command: "hand", Reason: reason, Snapshot: s.snapshot.ID, Record: record})
	}
	slices.SortFunc(events, func(a, b audit.Event) int { return strings.Compare(string(a.Record), string(b.Record)) })
	return events
}

// recordOf is what the audit log says of every number of a request.
func recordOf(c config.Config, r reversal.Request, by []string, file string, persons int) (of returnedRecord, err error) {
	of = returnedRecord{Request: r.ID, Practice: r.Practice, Approval: r.Approval, By: r.By, Approved: by, Persons: about(int64(persons))}
	if of.File, err = digestOf(file); err == nil {
		of.People, err = digestOf(c.People)
	}
	return of, err
}

// digestOf is the SHA-256 of a file.
func digestOf(path string) (string, error) {
	text, err := os.ReadFile(path)
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), err
}

// unspent returns an error where the audit log has it that a request was done, or has
// events that are still to come: by a clock that was turned back none expires.
func unspent(c config.Config, id string, now time.Time) error {
	events, err := audit.List(auditOf(c))
	if err != nil {
		return err
	}
	for _, e := range events {
		var was returnedRecord
		if e.What == returnedEvent && (json.Unmarshal(e.Record, &was) != nil || was.Request == id) {
			return fmt.Errorf("%w: it was done before; next: make another, and have it approved", reversal.ErrRefused)
		}
		if e.At.After(now.Add(behind)) {
			return fmt.Errorf("%w: the audit log has an event of %s, which has not come; next: set the clock right", reversal.ErrRefused, e.At.Format(time.RFC3339))
		}
	}
	return nil
}

// behind is how far a clock may be set back by who keeps it right.
const behind = time.Minute
