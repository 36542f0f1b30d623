package disclose

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// Profile is a set of rules of disclosure control, with the source that
// published them.
type Profile struct {
	Name    string  `yaml:"name" json:"name"`
	Version string  `yaml:"-" json:"version"`
	Source  string  `yaml:"source" json:"source"`
	Hide    int64   `yaml:"hide" json:"hide"`     // counts from 1 to this are hidden
	Zeros   string  `yaml:"zeros" json:"zeros"`   // shown or hidden
	Round   string  `yaml:"round" json:"round"`   // none, nearest or midpoint
	Base    int64   `yaml:"base" json:"base"`     // to multiples of this
	Totals  string  `yaml:"totals" json:"totals"` // independent: rounded for themselves; parts: sums of what is shown
	Whole   bool    `yaml:"whole" json:"whole"`   // one hidden cell hides the table
	Mean    int64   `yaml:"mean" json:"mean"`     // fewest persons behind a mean or median
	Percent decimal `yaml:"percent" json:"percent"`
	Largest share   `yaml:"largest" json:"largest"` // dominance (n,k) of a sum
	Ratio   float64 `yaml:"ratio" json:"ratio"`     // p%: the others' part of a sum, against the largest
	Mark    string  `yaml:"mark" json:"mark"`       // what stands for a hidden figure
}

// decimal says with how many decimal places a rate is told: with Fine from a
// rounded denominator of From.
type decimal struct {
	Decimals int   `yaml:"decimals" json:"decimals"`
	Fine     int   `yaml:"fine" json:"fine"`
	From     int64 `yaml:"from" json:"from"`
}

// share is the largest part of a sum that n persons may have.
type share struct {
	N     int     `yaml:"n" json:"n"`
	Share float64 `yaml:"share" json:"share"`
}

const strictest = "strictest"

//go:embed profiles.yaml
var builtIn []byte

type profiles struct {
	Version   string    `yaml:"version"`
	Profiles  []Profile `yaml:"profiles"`
	Strictest []string  `yaml:"strictest"`
}

// Choose returns the profile of a name, or of several joined by "+": then of
// each rule the strictest. No name is the strictest of all.
func Choose(name string) (Profile, error) {
	all, err := read(builtIn)
	if err != nil {
		return Profile{}, err
	}
	if name == "" {
		name = strictest
	}
	return choose(all, name)
}

func choose(all profiles, name string) (Profile, error) {
	var parts []Profile
	for _, n := range strings.Split(name, "+") {
		i := slices.IndexFunc(all.Profiles, func(p Profile) bool { return p.Name == n })
		switch {
		case n == strictest:
			for _, s := range all.Strictest {
				p, err := choose(all, s)
				if err != nil {
					return p, err
				}
				parts = append(parts, p)
			}
		case i < 0:
			return Profile{}, errors.New("there is no disclosure profile of that name; README, disclosure control, has those that there are")
		default:
			parts = append(parts, all.Profiles[i])
		}
	}
	p := combine(parts)
	p.Name = name
	return p, nil
}

func read(text []byte) (profiles, error) {
	var all profiles
	if err := yaml.UnmarshalWithOptions(text, &all, yaml.Strict()); err != nil {
		return all, fmt.Errorf("disclosure profiles: %w", err)
	}
	for i := range all.Profiles {
		p := &all.Profiles[i]
		p.Version = all.Version
		if why := p.wrong(); why != "" {
			return all, fmt.Errorf("disclosure profile %s: %s", p.Name, why)
		}
	}
	return all, nil
}

// wrong says what is wrong with a profile.
func (p *Profile) wrong() string {
	switch {
	case !release.MatchString(p.Name) || p.Name == strictest || p.Source == "" || p.Mark == "":
		return "it needs a name, a source and a mark"
	case p.Hide < 0 || p.Mean < 1 || p.Hide == 0 && p.Round != "midpoint":
		return "hide must be at least 1, unless it rounds to midpoints, and mean at least 1"
	case p.Zeros != "shown" && p.Zeros != "hidden":
		return "zeros are shown or hidden"
	case p.Totals != "independent" && p.Totals != "parts":
		return "totals are independent or parts"
	case !slices.Contains([]string{"none", "nearest", "midpoint"}, p.Round) || (p.Round == "none") != (p.Base == 0) || p.Base < 0 || p.Base == 1:
		return "round is none, or nearest or midpoint with a base of at least 2"
	case p.Percent.Decimals < 0 || p.Percent.Fine < p.Percent.Decimals || p.Percent.Fine > 6:
		return "percent has decimals from 0 to 6"
	case p.Largest.N < 0 || p.Largest.N > top || p.Largest.Share < 0 || p.Largest.Share > 1 || p.Ratio < 0 || p.Ratio > 1:
		return fmt.Sprintf("largest has n to %d and a share to 1; ratio is at most 1", top)
	}
	return ""
}

// top is how many of the largest contributions to a sum are kept.
const top = 8

// combine returns of each rule the strictest. Of two ways to round, the wider
// step is; of two equal steps, that to midpoints, which has no zero that is not
// one.
func combine(parts []Profile) Profile {
	out := parts[0]
	sources := []string{out.Source}
	for _, p := range parts[1:] {
		sources = append(sources, p.Source)
		out.Hide, out.Mean = max(out.Hide, p.Hide), max(out.Mean, p.Mean)
		out.Whole = out.Whole || p.Whole
		if p.Zeros == "hidden" {
			out.Zeros = p.Zeros
		}
		if p.Base > out.Base || p.Base == out.Base && p.Round == "midpoint" {
			out.Round, out.Base = p.Round, p.Base
		}
		if p.Totals == "parts" {
			out.Totals = p.Totals
		}
		out.Percent.Decimals = min(out.Percent.Decimals, p.Percent.Decimals)
		out.Percent.Fine = min(out.Percent.Fine, p.Percent.Fine)
		out.Percent.From = max(out.Percent.From, p.Percent.From)
		out.Ratio = max(out.Ratio, p.Ratio)
		if p.Largest.N > 0 && (out.Largest.N == 0 || p.Largest.Share < out.Largest.Share) {
			out.Largest = p.Largest
		}
	}
	out.Source = strings.Join(slices.Compact(sources), "; ")
	return out
}

// small says that a count may not be shown.
func (p *Profile) small(n int64) bool { return n >= 1 && n <= p.Hide || n == 0 && p.Zeros == "hidden" }

// rounded returns what is shown of a count.
func (p *Profile) rounded(n int64) int64 {
	switch p.Round {
	case "nearest":
		return (n + p.Base/2) / p.Base * p.Base
	case "midpoint":
		return (n+p.Base-1)/p.Base*p.Base - p.Base/2*min(n, 1)
	}
	return n
}
