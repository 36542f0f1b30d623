package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/fetch"
)

// TestFetchers holds that a feed's configuration reaches what fetches it.
func TestFetchers(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "half.csv"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	folder := config.Inbox{Marker: ".done", Unchanged: config.Duration(time.Hour), Then: "keep"}
	for name, tc := range map[string]struct {
		feed config.Feed
		make func(config.Feed) (fetch.Fetcher, error)
		from string
		says string // of the plan, or an error
	}{
		"drop": {config.Feed{Kind: "tabular", Fetch: config.Fetch{Drop: &config.Drop{Folder: dir, Inbox: folder}}},
			dropFetcher, dir, "1 file not complete"},
		"drop, moved": {config.Feed{Kind: "tabular", Fetch: config.Fetch{Drop: &config.Drop{Folder: dir, Inbox: config.Inbox{Marker: ".done"}}}},
			dropFetcher, dir, "no folder named taken"},
		"sftp": {config.Feed{Kind: "phr", Fetch: config.Fetch{SFTP: &config.SFTP{Address: "127.0.0.1:1", User: "u", Folder: "f", Key: dir + "/key", KnownHosts: dir + "/hosts", Inbox: folder}}},
			sftpFetcher, "sftp://127.0.0.1:1/f", "key: " + dir + "/key"},
		"postgres": {config.Feed{Kind: "tabular", Fetch: config.Fetch{Postgres: &config.Postgres{Host: "127.0.0.1", Port: 1, Database: "d", User: "u",
			Tables: []config.Relation{{Table: "t", Columns: []string{"a"}}}}}},
			postgresFetcher, "postgres://127.0.0.1:1/d", "cannot be reached"},
	} {
		f, err := tc.make(tc.feed)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		plan, err := f.Plan(context.Background(), fetch.Last{})
		said := strings.Join(plan.Asks, "\n")
		if err != nil {
			said = err.Error()
		}
		if plan.From != tc.from || !strings.Contains(said, tc.says) {
			t.Errorf("%s: from %s it says %s", name, plan.From, said)
		}
	}
	if _, err := postgresFetcher(config.Feed{Kind: "fhir"}); err == nil {
		t.Error("postgres brings FHIR")
	}
	for _, kind := range []string{"garmin", "fitbit", "apple"} {
		if !inboxPolicy(config.Feed{Kind: kind}, folder).ByFolder {
			t.Errorf("%s: two accounts are one", kind)
		}
	}
	if p := inboxPolicy(config.Feed{Kind: "tabular"}, folder); p.ByFolder || !p.Keep {
		t.Errorf("%+v", p)
	}
}
