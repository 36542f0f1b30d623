package project

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"secondaryuse/marts/catalogue"
)

// Finding is one thing that a project lacks, or in which it is too wide.
type Finding struct {
	Line  int64 // of the project's file
	Field string
	What  string // in plain words
	Next  string // what to do
}

// Against is what a project is held against.
type Against struct {
	Marts   []catalogue.Mart // the contracts of the marts
	MadeFor string           // the purpose for which they are made
	AsOf    time.Time        // the day that they show
	Now     time.Time
	Known   func(person string) bool // whether people.yaml has somebody; nil where it is not asked
}

// Check says in plain words what a project lacks or where it is too wide, in the
// order of its fields. A project without findings can be put to the people who
// approve; the cohort is asked of the marts by the reader, not here.
func Check(p Project, a Against) []Finding {
	c := checker{Project: p, Against: a, today: day(a.Now)}
	for _, part := range []func(*checker){parties, basis, tables, links, found, held, times} {
		part(&c)
	}
	return c.found
}

// minimumK is the least k that no finding is made of. No rule states it: it is
// ours.
const minimumK = 10

type checker struct {
	Project
	Against
	today time.Time
	found []Finding
}

func (c *checker) say(field, what, next string) {
	c.found = append(c.found, Finding{c.place.text.Line(field), field, what, next})
}

func parties(c *checker) {
	if c.Known != nil && !c.Known(c.Applicant) {
		c.say("applicant", "nobody of people.yaml has this name", "enter the applicant in people.yaml, or correct the name")
	}
	joint := 0
	for _, o := range c.Controllers {
		if o.Type == "joint" {
			joint++
		}
	}
	if joint > 0 && joint != len(c.Controllers) || joint == 1 || joint == 0 && len(c.Controllers) > 1 {
		c.say("controllers", "controllers decide either alone or jointly: these do neither", "name one sole controller, or all the joint ones")
	}
	for i, o := range c.Controllers {
		c.trade(fmt.Sprintf("controllers[%d].name", i), o.Name)
	}
	for i, o := range c.Processors {
		c.trade(fmt.Sprintf("processors[%d].name", i), o.Name)
	}
	holder := make(map[string]string)
	for i, r := range c.Recipients {
		field := fmt.Sprintf("recipients[%d].", i)
		c.trade(field+"name", r.Name)
		if len(r.Keys) == 0 {
			c.say(field+"keys", r.Name+" has no age public key: nothing can be encrypted to them", "ask for the line that begins with age1, by a way on which you know it is theirs")
		}
		for j, k := range r.Keys {
			if who, ok := holder[k]; ok {
				c.say(fmt.Sprintf("%skeys[%d]", field, j), "the key is also "+who+"'s: whoever loses it loses both", "have each recipient make a key of their own")
			}
			holder[k] = r.Name
		}
		if !slices.ContainsFunc(slices.Concat(c.Controllers, c.Processors), func(o organisation) bool { return o.Name == r.Organisation }) {
			c.say(field+"organisation", "neither a controller nor a processor", "name it among them, with its registration and security assurance, or leave the recipient out")
		}
	}
}

// trade says that a name speaks of a use that is refused, as an insurer's does: what the
// data are for is another thing than who works with them.
func (c *checker) trade(field, name string) {
	if w := sold(name); w != "" {
		c.say(field, fmt.Sprintf("by its name (%q) it may sell, insure or advertise: the data are never used for that", w), "leave it out; or have those who approve say why it is none of these (--despite)")
	}
}

func basis(c *checker) {
	if c.Purpose.Marts != c.MadeFor {
		c.say("purpose.marts", fmt.Sprintf("the marts are made for %s, the project wants those for %s", c.MadeFor, c.Purpose.Marts), "name the folder of those marts, or correct the purpose")
	}
	if (c.Purpose.Kind == "research") != (c.Purpose.Marts == "research") {
		c.say("purpose.kind", "what is research takes marts made for research, and nothing else does", "correct kind or marts: the terms of the two differ, and so does what people were told")
	}
	if c.Purpose.Kind == "research" && !c.approved("ethics") {
		c.say("approvals", "research without an approval by an ethics committee", "give its reference, from and until")
	}
	if !c.approved("impact-assessment") {
		c.say("approvals", "there is no data protection impact assessment", "give its reference, from and until")
	}
	if section251.MatchString(c.LegalBasis.Confidentiality) && !c.approved("confidentiality") {
		c.say("approvals", "confidentiality rests on s251, of which there is no approval", "give the reference of the Confidentiality Advisory Group's, from and until")
	}
	for i, x := range c.Approvals {
		if x.From.After(c.Start.Time) || x.Until.Before(c.End.Time) {
			c.say(fmt.Sprintf("approvals[%d]", i), "the approval does not hold from start to end", "have it extended, or shorten the project to its days")
		}
	}
	if c.OptOuts.National.Rule == "exempt" {
		c.say("opt_outs.national.rule", "exempt: the marts honour the national data opt-out unless their purpose has an exemption in the register, whatever is said here", "say applies, or have the register of purposes changed first")
	}
	if c.Territory == "worldwide" || c.Territory == "european-economic-area" {
		c.say("territory", "the data may be used outside the United Kingdom", "say united-kingdom or less, unless the agreement has a transfer assessment")
	}
	if c.Onward != "none" {
		c.say("onward_sharing", "the data may be given on", "say none; whoever needs the data is a recipient with a key of their own")
	}
}

// section251 is how section 251 of the NHS Act 2006, and whose approval it needs, are written.
var section251 = regexp.MustCompile(`(?i)\bs(ec|ect|ection)?[. ]*251\b|\bCAG\b|confidentiality advisory`)

func (c *checker) approved(kind string) bool {
	return slices.ContainsFunc(c.Approvals, func(a approval) bool { return a.Kind == kind })
}

// mart returns the contract of a mart.
func (c *checker) mart(name string) (catalogue.Mart, bool) {
	i := slices.IndexFunc(c.Marts, func(m catalogue.Mart) bool { return m.Name == name })
	if i < 0 {
		return catalogue.Mart{}, false
	}
	return c.Marts[i], true
}

func times(c *checker) {
	if !c.End.After(c.today) {
		c.say("end", "the project has ended", "have a new agreement; nothing is extracted after the end")
	}
	if c.Start.After(c.today) {
		c.say("start", "the project has not begun", "extract on or after that day")
	}
	if c.Retention.Until.Before(c.End.Time) {
		c.say("retention.until", "it is to be destroyed before the project ends", "name a later day, or an earlier end")
	}
	if c.Retention.Until.After(c.End.AddDate(1, 0, 0)) {
		c.say("retention.until", "it is kept for more than a year after the end", "have it destroyed earlier, or the project end later")
	}
	if c.End.After(c.Start.AddDate(5, 0, 0)) {
		c.say("end", "the project lasts more than five years: a figure of ours", "have it reviewed and issued anew before then")
	}
	if !c.AsOf.IsZero() && c.Period.Until.After(c.AsOf.AddDate(0, 0, 1)) {
		c.say("period.until", "days are asked for that the marts do not have yet", "end the period on the day after "+c.AsOf.Format(time.DateOnly)+", of which they are, or extract later")
	}
}
