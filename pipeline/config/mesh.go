package config

import (
	"regexp"
	"time"
)

// Mesh is the exchange with the national data opt-out service over MESH.
type Mesh struct {
	URL     string `yaml:"url"`     // of MESH: https
	Mailbox string `yaml:"mailbox"` // ours
	To      string `yaml:"to"`      // the service's mailbox
	From    string `yaml:"from"`    // the mailbox that it answers from, where that is another

	Password  string `yaml:"password"`   // of our mailbox: file, or credential:NAME
	SharedKey string `yaml:"shared_key"` // of the environment: file, or credential:NAME
	Key       string `yaml:"key"`        // the certificate's private key: file, or credential:NAME

	Certificate string `yaml:"certificate"` // file: ours, in PEM
	CA          string `yaml:"ca"`          // file: the authorities that MESH's own certificate is of, in PEM

	Workflow string   `yaml:"workflow"` // SPINE_NTT_UPHOLDING when absent
	Chunk    int64    `yaml:"chunk"`    // bytes in a part of a message; 75 MB when absent
	MaxRows  int      `yaml:"max_rows"` // numbers in a file; all in one when absent
	Weekly   bool     `yaml:"weekly"`   // the list is a cache that is refreshed every week: 13 days instead of 20
	Refresh  Duration `yaml:"refresh"`  // a list of that age is asked for anew; 6d when absent
	Within   Duration `yaml:"within"`   // an answer that has not come by then does not come; 2d when absent
}

// The ages that a list may have (uk-rules.md section 1).
const (
	once   = Duration(20 * 24 * time.Hour)
	weekly = Duration(13 * 24 * time.Hour)
	week   = Duration(7 * 24 * time.Hour)
)

// source is what a gate's file is for the others: empty where there is none.
func (o OptOut) source() string {
	if o.Mesh != nil {
		return "mesh"
	}
	return o.Reply
}

// Age is how old the list may be.
func (o OptOut) Age() time.Duration {
	switch {
	case o.MaxAge > 0:
		return time.Duration(o.MaxAge)
	case o.Mesh != nil && o.Mesh.Weekly:
		return time.Duration(weekly)
	}
	return time.Duration(once)
}

// resolve fills in the defaults, and returns the files that are named.
func (m *Mesh) resolve() []*string {
	if m.Workflow == "" {
		m.Workflow = "SPINE_NTT_UPHOLDING"
	}
	if m.From == "" {
		m.From = m.To
	}
	if m.Refresh == 0 {
		m.Refresh = Duration(6 * 24 * time.Hour)
	}
	if m.Within == 0 {
		m.Within = Duration(2 * 24 * time.Hour)
	}
	return files(&m.Password, &m.SharedKey, &m.Key, &m.Certificate, &m.CA)
}

var (
	mailbox  = regexp.MustCompile(`^[0-9A-Z]{4,30}$`)
	workflow = regexp.MustCompile(`^[0-9A-Za-z_-]{1,100}$`)
)

// smallest is the smallest part of a message that MESH wants, but for the last.
const smallest = 5_000_000

// check tells what is wrong with it.
func (m *Mesh) check(o OptOut, fail func(key, reason string)) {
	need := func(ok bool, name, reason string) {
		if !ok {
			fail("gates.optout.mesh"+name, reason)
		}
	}
	need(o.Sent == "" && o.Reply == "" && o.Control == "", "", "the exchange has its own files; leave out sent, reply and control, or mesh")
	need(o.Workflow == "", "", "its workflow is gates.optout.mesh.workflow; leave out gates.optout.workflow")
	need(bareAddress(m.URL), ".url", "must be the https address of MESH, without credentials, such as https://mesh-sync.spineservices.nhs.uk")
	for _, f := range []struct{ name, value, what string }{
		{".mailbox", m.Mailbox, "the id of our mailbox, of digits and capital letters"},
		{".to", m.To, "the id of the service's mailbox, as the service desk says it; X26HC065 was seen for the live one"},
		{".from", m.From, "the id of the mailbox that the service answers from, or leave it out"},
	} {
		need(mailbox.MatchString(f.value) || f.name == ".from" && m.From == m.To, f.name, "give "+f.what)
	}
	for _, f := range []struct{ name, value, what string }{
		{".password", m.Password, "the file with our mailbox's password, or credential:NAME"},
		{".shared_key", m.SharedKey, "the file with the environment's shared key, or credential:NAME"},
		{".key", m.Key, "the file with our certificate's private key, or credential:NAME"},
		{".certificate", m.Certificate, "the file with our certificate, in PEM"},
		{".ca", m.CA, "the file with the certificates of the authorities that MESH's own is of, in PEM"},
	} {
		need(f.value != "", f.name, "is missing; give "+f.what)
	}
	need(workflow.MatchString(m.Workflow), ".workflow", "must be letters, digits, _ and -, or left out")
	need(m.Chunk == 0 || m.Chunk >= smallest, ".chunk", "MESH wants parts of at least 5000000 bytes; leave it out for 75 MB")
	need(m.MaxRows >= 0, ".max_rows", "must be a number of lines, or left out for one file")
	need(time.Duration(m.Refresh) < o.Age(), ".refresh", "the list would expire before it is asked for anew; make it shorter than the age that a list may have")
	need(!m.Weekly || m.Refresh <= week, ".refresh", "a weekly cache is refreshed at least every 7d")
}
