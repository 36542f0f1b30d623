// Package gatetest holds what the tests of gates share: a folder of lists, made
// up, on which every gate opens, and the search for identifiers in what a gate
// says.
package gatetest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"secondaryuse/deid/gate/agreement"
	"secondaryuse/deid/gate/connection"
	"secondaryuse/deid/gate/objection"
	"secondaryuse/deid/gate/optout"
	"secondaryuse/deid/gate/sensitive"
)

// Now is when the tests take place: a Friday noon in November.
var Now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// Issued is when the lists were issued, as their first lines say it.
const Issued = "2026-11-20T06:00:00Z"

// Folder is a folder of lists about some people: of the first, an objection to
// the shared record; of the second, a Type 1 opt-out; of the third, a
// connection of a PHR and of a Garmin account; the last of ten has opted out
// nationally.
type Folder struct {
	t      testing.TB
	Dir    string
	People []string // NHS numbers of the test range
}

// New writes a folder of lists about n people, at least ten.
func New(t testing.TB, n int) *Folder {
	t.Helper()
	f := &Folder{t: t, Dir: t.TempDir()}
	var sent, reply strings.Builder
	for i := range n {
		number := Number(i)
		f.People = append(f.People, number)
		sent.WriteString(number + ",\n")
		if i%10 != 9 {
			reply.WriteString(number + ",\n")
		}
	}
	f.Write("optout-request.dat", sent.String())
	f.Write("optout.dat", reply.String())
	f.Write("optout.ctl", control)
	f.Write("objections.csv", List("objection", "deny", Issued, "nhs_number,kind,status,recorded_on",
		f.People[0]+",shared-record,objected,2026-03-02", f.People[1]+",type-1,objected,2026-03-03"))
	f.Write("connections.csv", List("connection", "allow", Issued, "nhs_number,provider,account,connected_at,disconnected_at",
		f.People[2]+",phr,,2026-02-01T09:00:00Z,", f.People[2]+",garmin,"+Account+",2026-02-01T09:00:00Z,2026-06-01T09:00:00Z"))
	f.Write("agreements.csv", List("agreement", "allow", Issued, "ods_code,feed,valid_from,valid_to", "M82002,*,2020-01-01,", "QNC,gp,2020-01-01,2027-01-01"))
	f.Write("sensitive.yaml", Policy)
	return f
}

// Account is the Garmin account of the third person.
const Account = "5f1c2d7e-planted-account"

// Policy is a policy of three codes.
const Policy = `name: sensitive
version: "7"
record: one-health-and-care
polarity: exclude
reviewed: 2026-11-01
valid_for: 365d
min_rules: 3
rules:
  - {category: fertility, systems: [icd10], match: prefix, reason: infertility, statute: none, source: test, codes: ["N97", "N46"]}
  - {category: sexual-health, systems: [snomed], match: exact, reason: HIV, statute: none, source: test, codes: ["86406008"]}
purposes: [planning, research]
`

const control = `<?xml version="1.0" encoding="UTF-8"?>
<DTSControl>
  <Version>1.0</Version>
  <AddressType>DTS</AddressType>
  <MessageType>Data</MessageType>
  <From_DTS>X26HC065</From_DTS>
  <To_DTS>OHC001</To_DTS>
  <LocalId>ohc-2026-11-20-0001</LocalId>
  <WorkflowId>SPINE_NTT_UPHOLDING</WorkflowId>
  <StatusRecord>
    <DateTime>20261120060000</DateTime>
    <Event>TRANSFER</Event>
    <Status>SUCCESS</Status>
    <StatusCode>00</StatusCode>
  </StatusRecord>
</DTSControl>
`

// List returns a list file of the given rows.
func List(name, polarity, issued, columns string, rows ...string) string {
	head := fmt.Sprintf("#list name=%s version=1 record=one-health-and-care polarity=%s issued=%s rows=%d\n", name, polarity, issued, len(rows))
	return head + columns + "\n" + strings.Join(append(rows, ""), "\n")
}

// Number returns the i-th NHS number of the test range that has a check digit.
func Number(i int) string {
	for n := 0; ; n++ {
		text := fmt.Sprintf("999%06d", 100_000+n)
		sum := 0
		for k, c := range text {
			sum += int(c-'0') * (10 - k)
		}
		check := (11 - sum%11) % 11
		if check == 10 {
			continue
		}
		if i--; i < 0 {
			return fmt.Sprintf("%s%d", text, check)
		}
	}
}

// Path returns the path of a file of the folder.
func (f *Folder) Path(name string) string { return filepath.Join(f.Dir, name) }

// Write writes a file of the folder.
func (f *Folder) Write(name, content string) {
	f.t.Helper()
	if err := os.WriteFile(f.Path(name), []byte(content), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// Replace replaces text in a file of the folder, and fails when it is not
// there.
func (f *Folder) Replace(name, old, new string) {
	f.t.Helper()
	data, err := os.ReadFile(f.Path(name))
	if err != nil || !strings.Contains(string(data), old) {
		f.t.Fatalf("%s does not hold what the test replaces: %v", name, err)
	}
	f.Write(name, strings.Replace(string(data), old, new, 1))
}

// OptOut, Objection, Connection, Agreement and Sensitive open the folder's
// lists.
func (f *Folder) OptOut() (*optout.Gate, error) {
	return optout.Open(optout.Config{Sent: f.Path("optout-request.dat"), Reply: f.Path("optout.dat"), Control: f.Path("optout.ctl"), Now: Now})
}

func (f *Folder) Objection() (*objection.Gate, error) {
	return objection.Open(objection.Config{File: f.Path("objections.csv"), Now: Now})
}

func (f *Folder) Connection() (*connection.Gate, error) {
	return connection.Open(connection.Config{File: f.Path("connections.csv"), Now: Now})
}

func (f *Folder) Agreement() (*agreement.Gate, error) {
	return agreement.Open(agreement.Config{File: f.Path("agreements.csv"), Now: Now})
}

func (f *Folder) Sensitive() (*sensitive.Gate, error) {
	return sensitive.Open(sensitive.Config{Policy: f.Path("sensitive.yaml"), Now: Now})
}

// Leak returns the first identifier of the folder that a text holds, however it
// is spaced; empty when it holds none.
func (f *Folder) Leak(text string) string {
	bare := strings.NewReplacer(" ", "", "-", "", ",", "").Replace(text)
	for _, p := range f.People {
		if strings.Contains(bare, p) {
			return p
		}
	}
	if strings.Contains(text, Account) {
		return Account
	}
	return ""
}
