package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline"
)

// shared is where the real inputs lie beside a checkout.
const shared = "../../../shared/data"

// TestRealInputs takes real files, which nobody here wrote, the whole way:
// published, and every record accounted for.
func TestRealInputs(t *testing.T) {
	if _, err := os.Stat(shared); err != nil {
		t.Skip("the folder of real inputs is not beside this checkout")
	}
	data, err := filepath.Abs(shared)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, feeds string
		persons     int              // enrolled, at the least
		kept        map[string]int64 // records of a feed that must be kept, at the least
		excluded    string           // a reason that must be among those
	}{
		{"synthea", `{name: synthea, kind: fhir, path: DATA/bulk-fhir/sample-bulk-fhir-datasets/10-patients, organisation: QNC,
    person: {system: "https://github.com/synthetichealth/synthea", check: none}}`, 13, map[string]int64{"synthea": 5000}, "by code"},
		{"gp-connect with good numbers", `{name: gp, kind: gp-connect, path: DATA/uk-fhir/NHSDigital__nia-patient-switching-standard-adaptor, organisation: QNC}`,
			9, map[string]int64{"gp": 150}, ""},
		{"gp-connect with a constant number", `{name: gp, kind: gp-connect, path: DATA/uk-fhir/NHSDigital__integration-adaptor-gp2gp/uat/input/TC4, organisation: QNC}`,
			0, map[string]int64{"gp": 0}, "NHS number not valid"},
		{"artificial hes", `{name: hes, kind: tabular, path: DATA/uk-tabular/CUREd-Plus__cuRed, organisation: RTA, tables: [
    {file: "apc/artificial_hes_apc_0102_truncated.csv", preset: hes-apc}, {file: "ae/artificial_hes_ae_0708_truncated.parquet", preset: hes-ae}]}`,
			1600, map[string]int64{"hes": 3000}, "by code"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := realRun(t, strings.ReplaceAll(tc.feeds, "DATA", data), `{not_applicable: "published test data"}`)
			kept, why := make(map[string]int64), ""
			for _, line := range r.Account.Tallies() {
				switch line.Outcome {
				case "kept":
					kept[line.Feed] += line.Records
				case "excluded":
					why += line.Reason + ";"
				}
			}
			for feed, n := range tc.kept {
				if kept[feed] < n || n == 0 && kept[feed] > 0 || r.Account.Read(feed) == 0 {
					t.Errorf("%s: %d kept of %d", feed, kept[feed], r.Account.Read(feed))
				}
			}
			if r.Persons < tc.persons || !strings.Contains(why, tc.excluded) {
				t.Errorf("%d persons, excluded: %s", r.Persons, why)
			}
		})
	}
}

// published is a register by which the opt-out does not apply to test data.
const published = `name: purpose
version: "1"
record: one-health-and-care
purposes:
  - name: planning
    what: try the pipeline
    legal_basis: none is needed, for nobody in the data exists
    national_data_opt_out: exempt
    exemption: {kind: anonymised, approval: published test data, valid_from: 2026-01-01, valid_to: 2099-01-01}
    local_objection: applies
    type_1_opt_out: applies
    phr_and_wearables: allowed
    review_by: 2099-01-01
`

// realRun runs over feeds with no gate but identity, sensitive and perhaps
// connection, and verifies what it published.
func realRun(t *testing.T, feeds, connection string) pipeline.Result {
	t.Helper()
	dir := t.TempDir()
	text := fmt.Sprintf(`as_of: 2026-11-01
purposes: purposes.yaml
feeds:
  - %s
gates:
  optout: {not_applicable: "published test data"}
  objection: {file: objections.csv, allow_empty: true}
  agreement: {not_applicable: "published test data"}
  connection: %s
`, feeds, connection)
	head := fmt.Sprintf("#list name=objection version=1 record=one-health-and-care polarity=deny issued=%s rows=0\nnhs_number,kind,status,recorded_on\n",
		time.Now().UTC().Add(-time.Hour).Format(time.RFC3339))
	for name, text := range map[string]string{"config.yaml": text, "objections.csv": head, "purposes.yaml": published} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	conf, err := load(filepath.Join(dir, "config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	r, _, err := begin(t.Context(), conf, extract)
	if err != nil {
		t.Fatal(err)
	}
	folder, _, err := snapshot.Current(conf.Marts)
	if err != nil {
		t.Fatal(err)
	}
	if err := snapshot.Verify(folder); err != nil {
		t.Error(err)
	}
	return r
}

// TestRealWearables takes the vendors' own payloads, with accounts connected to
// numbers of the test range.
func TestRealWearables(t *testing.T) {
	if _, err := os.Stat(shared); err != nil {
		t.Skip("the folder of real inputs is not beside this checkout")
	}
	in := t.TempDir()
	accounts := map[string]bool{"apple|phone": true}
	for to, from := range map[string]string{
		"garmin":        "RADAR-base__RADAR-PushEndpoint/garmin-push/*.json",
		"fitbit/export": "Sage-Bionetworks__recover/*.json*",
		"apple/phone":   "dogsheep__healthkit-to-sqlite/tests/export.xml",
	} {
		copyIn(t, filepath.Join(shared, "wearables", from), filepath.Join(in, to), accounts)
	}
	rows, n := "", 0
	for account := range accounts {
		for ok := false; !ok; n++ {
			var number string
			if number, ok = testNumber(n); ok {
				rows += fmt.Sprintf("%s,%s,2010-01-01T00:00:00Z,\n", number, strings.Replace(account, "|", ",", 1))
			}
		}
	}
	list := filepath.Join(in, "connections.csv")
	head := fmt.Sprintf("#list name=connection version=1 record=one-health-and-care polarity=allow issued=%s rows=%d\nnhs_number,provider,account,connected_at,disconnected_at\n",
		time.Now().UTC().Add(-time.Hour).Format(time.RFC3339), len(accounts))
	if err := os.WriteFile(list, []byte(head+rows), 0o600); err != nil {
		t.Fatal(err)
	}
	feeds := fmt.Sprintf("{name: garmin, kind: garmin, path: %[1]s/garmin}\n  - {name: fitbit, kind: fitbit, path: %[1]s/fitbit}\n  - {name: apple, kind: apple, path: %[1]s/apple}", in)
	r := realRun(t, feeds, "{file: "+list+"}")
	for feed, want := range map[string]int64{"garmin": 16, "fitbit": 50_000, "apple": 4} {
		kept := int64(0)
		for _, line := range r.Account.Tallies() {
			if line.Feed == feed && line.Outcome == "kept" {
				kept += line.Records
			}
		}
		if kept < want {
			t.Errorf("%s: %d kept of %d", feed, kept, r.Account.Read(feed))
		}
	}
}

var user = regexp.MustCompile(`"(userId|ParticipantIdentifier)": *"([^"]+)"`)

// copyIn copies files and notes whose accounts they are.
func copyIn(t *testing.T, pattern, to string, accounts map[string]bool) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, error %v", len(files), err)
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, filepath.Base(f)), text, 0o600); err != nil {
			t.Fatal(err)
		}
		if z, err := gzip.NewReader(bytes.NewReader(text)); err == nil {
			if text, err = io.ReadAll(z); err != nil {
				t.Fatal(err)
			}
		}
		for _, m := range user.FindAllSubmatch(text, -1) {
			provider := map[string]string{"userId": "garmin|", "ParticipantIdentifier": "fitbit|"}[string(m[1])]
			accounts[provider+string(m[2])] = true
		}
	}
}
