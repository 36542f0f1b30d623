package bulk

import (
	"slices"
	"strings"
)

// scopes are those that are asked for: as configured, or reading of the types,
// in the words of the edition of SMART that the server speaks.
func (l *link) scopes(e *endpoint) []string {
	if len(l.config.Scopes) > 0 {
		return l.config.Scopes
	}
	right := ".rs"
	if slices.Contains(e.Permissions, "permission-v1") && !slices.Contains(e.Permissions, "permission-v2") {
		right = ".read"
	}
	if len(l.config.Types) == 0 {
		return []string{"system/*" + right}
	}
	var list []string
	for _, t := range l.config.Types {
		list = append(list, "system/"+t+right)
	}
	if l.config.Of == "group" && !slices.Contains(l.config.Types, "Patient") {
		list = append(list, "system/Patient"+right) // for who is in it
	}
	return list
}

// ungranted are the types, or *, of scopes that were asked for and that none of
// those granted covers. A scope narrowed by a query covers nothing.
func ungranted(asked, granted []string) (missing []string) {
	for _, a := range asked {
		typ, ok := reads(a)
		if !ok || slices.ContainsFunc(granted, func(g string) bool {
			t, ok := reads(g)
			return ok && (t == typ || t == "*")
		}) {
			continue
		}
		if typ != "*" {
			typ = named(typ)
		}
		missing = append(missing, typ)
	}
	return missing
}

// reads is the type that a scope lets us read and search.
func reads(scope string) (typ string, ok bool) {
	typ, right, found := strings.Cut(strings.TrimPrefix(scope, "system/"), ".")
	switch {
	case !found || !strings.HasPrefix(scope, "system/"):
		return "", false
	case right == "read", right == "*":
		return typ, true
	}
	return typ, strings.Contains(right, "r") && strings.Contains(right, "s") && strings.Trim(right, "cruds") == ""
}
