package report

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

var (
	issued = regexp.MustCompile(`\bissued (\S+?Z)\b`)
	hashed = regexp.MustCompile(`\bsha256 ([0-9a-f]{64})\b`)
	// counted is a count of persons in what a list says of itself.
	counted = regexp.MustCompile(`\b[0-9]+ (?:of [0-9]+ (?:sent|persons)|rows|persons|numbers)\b`)
	digits  = regexp.MustCompile(`[0-9]+`)
)

// lists tells what the gates stood on, and what is another than in the run before.
func lists(now, before Facts) []List {
	out := make([]List, 0, len(now.Rules))
	for _, rule := range now.Rules {
		l := list(rule, now.Run.Started)
		if before.Run.ID != "" {
			l.News = news(rule, before.Rules)
		}
		out = append(out, l)
	}
	if before.Run.ID == "" {
		return out
	}
	for _, rule := range before.Rules {
		if news(rule, now.Rules) == "new" {
			l := list(rule, now.Run.Started)
			l.News = "gone"
			out = append(out, l)
		}
	}
	return out
}

// Told is one line of a manifest as it may be told: its counts are rounded.
func Told(rule string) string {
	return counted.ReplaceAllStringFunc(rule, func(s string) string { return digits.ReplaceAllStringFunc(s, rounded) })
}

// list reads one line of a manifest.
func list(rule string, at time.Time) List {
	l := List{Text: Told(rule)}
	l.Gate, _, _ = strings.Cut(rule, ": ")
	if m := issued.FindStringSubmatch(rule); m != nil {
		if t, err := time.Parse(time.RFC3339, m[1]); err == nil {
			days := int(at.Sub(t).Hours() / 24)
			l.Issued, l.Days = t.UTC(), &days
		}
	}
	if m := hashed.FindStringSubmatch(rule); m != nil {
		l.SHA256 = m[1]
	}
	return l
}

func rounded(digits string) string {
	n, err := strconv.ParseInt(digits, 10, 63)
	if err != nil {
		return "many"
	}
	return strings.ReplaceAll(Rounded(n).String(), ",", "")
}

// news says what is new about a line of a manifest, against those of another.
func news(rule string, others []string) string {
	name, _, _ := strings.Cut(rule, ": ")
	news := "new"
	for _, o := range others {
		if o == rule {
			return ""
		}
		if strings.HasPrefix(o, name+": ") {
			news = "changed"
		}
	}
	return news
}
