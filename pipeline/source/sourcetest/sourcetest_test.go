package sourcetest

import (
	"testing"

	"secondaryuse/pipeline/source"
)

func toyFixture(fault string) Fixture {
	return Fixture{
		Open: func(dir string) (source.Source, error) { return &toy{dir: dir, fault: fault}, nil },
		Files: map[string][]byte{
			"a.ndjson": []byte(`{"id":"1","who":"9000000009"}
{"id":"2","codes":["x","y"]}
{"id":"3","codes":["z"]}
{"id":"4","gone":true}
`),
			"b.ndjson": []byte(`{"id":"5","codes":["x","y","z"]}` + "\n"),
		},
		Target: "a.ndjson",
		Format: Lines,
		Packed: []string{".gz"},
		Split:  true,
	}
}

func TestToyKeepsEveryPromise(t *testing.T) { Run(t, toyFixture("")) }

// TestFaultsAreFound holds the suite itself: every fault of an adapter is found
// by the promise that is meant to find it.
func TestFaultsAreFound(t *testing.T) {
	for fault, by := range map[string]string{
		"missing folder passes":      "folder",
		"shard twice":                "shards",
		"never resets":               "accounting",
		"counts parts":               "accounting",
		"parts differ":               "accounting",
		"forgets people":             "passes",
		"keeps the block":            "concurrent",
		"tells a wrong place":        "picked",
		"reads all that lies beside": "picked",
		"ignores ctx":                "cancelled",
		"yields after an error":      "yield error",
		"truncated gzip passes":      "truncated packed",
		"empty passes":               "another kind",
		"panics":                     "bad lines",
		"drops bad lines":            "bad lines",
		"line off by one":            "bad lines",
		"tells the value":            "values",
	} {
		t.Run(fault, func(t *testing.T) {
			f := toyFixture(fault)
			dir := t.TempDir()
			if err := write(dir, f.Files); err != nil {
				t.Fatal(err)
			}
			for _, p := range promises {
				if p.name == by {
					if err := guarded(p, f, dir); err == nil {
						t.Fatalf("%q does not find the fault", by)
					}
					return
				}
			}
			t.Fatalf("no promise %q", by)
		})
	}
}
