package config

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Bulk is a FHIR server with Bulk Data Access.
type Bulk struct {
	URL      string   `yaml:"url"`       // of the server: https
	Of       string   `yaml:"of"`        // system (when absent), patient or group
	Group    string   `yaml:"group"`     // of group: its id
	Types    []string `yaml:"types"`     // resource types; all when absent
	Filters  []string `yaml:"filters"`   // such as Observation?category=laboratory
	Client   string   `yaml:"client"`    // the id that the server knows us by
	Key      string   `yaml:"key"`       // our private key: file, or credential:NAME
	KeyID    string   `yaml:"key_id"`    // when absent, that in the file, or its thumbprint
	TokenURL string   `yaml:"token_url"` // when absent, the server says
	Scopes   []string `yaml:"scopes"`    // when absent, to read the types
	Hosts    []string `yaml:"hosts"`     // beside the server, those that may see the token
	CA       string   `yaml:"ca"`        // file of certificates trusted beside the system's
	Edition  int      `yaml:"edition"`   // 3 (when absent), or 4: kick-off by POST
	Partial  bool     `yaml:"partial"`   // take files while the export still runs
	Missing  string   `yaml:"missing"`   // what the server cannot export: fail (when absent), or accept
	Parallel int      `yaml:"parallel"`  // downloads at once; 4 when absent
}

func (b *Bulk) paths() []*string { return files(&b.Key, &b.CA) }

var (
	typeName   = regexp.MustCompile(`^[A-Z][A-Za-z]{2,60}$`)
	resourceID = regexp.MustCompile(`^[A-Za-z0-9\-.]{1,64}$`)
	hostName   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.\-]{0,252}(:\d{1,5})?$`)
	scopeName  = regexp.MustCompile(`^system/[A-Za-z*]{1,60}\.[a-z*]{1,5}(\?\S{1,200})?$`)
	typeFilter = regexp.MustCompile(`^([A-Z][A-Za-z]{2,60})\?(\S{1,1000})$`)
	shaping    = regexp.MustCompile(`(^|&)(_sort|_include|_revinclude|_elements|_summary|_count)[:=]`)
)

// check tells what is wrong with it. key is its own, with a dot at its end.
func (b *Bulk) check(key string, fail func(key, reason string)) {
	need := func(ok bool, name, reason string) {
		if !ok {
			fail(key+name, reason)
		}
	}
	need(bareAddress(b.URL), "url", "must be an https address of the FHIR server, without credentials and query")
	need(slices.Contains([]string{"", "system", "patient", "group"}, b.Of), "of", "not system, patient or group")
	need((b.Of == "group") == (b.Group != ""), "group", "give the id of the group with of: group, and with that alone")
	need(b.Group == "" || resourceID.MatchString(b.Group), "group", "not the id of a resource; give what follows Group/")
	need((b.Client == "") == (b.Key == ""), "client", "client and key go together; give both, or neither where the server wants no token")
	need(b.TokenURL == "" || bareAddress(b.TokenURL), "token_url", "must be an https address without credentials and query, or left out")
	need(b.Edition == 0 || b.Edition == 3 || b.Edition == 4, "edition", "not 3 or 4")
	need(slices.Contains([]string{"", "fail", "accept"}, b.Missing), "missing", "not fail or accept")
	need(b.Parallel >= 0 && b.Parallel <= 16, "parallel", "not from 1 to 16")
	b.checkLists(key, need)
}

func (b *Bulk) checkLists(key string, need func(ok bool, name, reason string)) {
	for i, t := range b.Types {
		need(typeName.MatchString(t), fmt.Sprintf("types[%d]", i), "not a resource type such as Observation")
	}
	for i, h := range b.Hosts {
		need(hostName.MatchString(h), fmt.Sprintf("hosts[%d]", i), "not a host, or host:port; leave https:// and the path out")
	}
	for i, s := range b.Scopes {
		need(scopeName.MatchString(s), fmt.Sprintf("scopes[%d]", i), "not a scope such as system/Observation.rs")
	}
	for i, f := range b.Filters {
		name, m := fmt.Sprintf("filters[%d]", i), typeFilter.FindStringSubmatch(f)
		if m == nil {
			need(false, name, "not a query such as Observation?category=laboratory")
			continue
		}
		need(len(b.Types) == 0 || slices.Contains(b.Types, m[1]), name, "it filters a type that is not in types")
		need(!shaping.MatchString(m[2]), name, "an export is not sorted, counted, added to or cut short; keep to what selects")
	}
}

// bareAddress reports whether it is an https address that holds no secret.
func bareAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "https" && u.Hostname() != "" && u.User == nil && !strings.ContainsAny(text, "?#")
}
