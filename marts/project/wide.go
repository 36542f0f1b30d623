package project

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"secondaryuse/marts/catalogue"
)

// tables holds what is asked for against the contracts of the marts.
func tables(c *checker) {
	if w := moving.FindString(c.Cohort); w != "" {
		c.say("cohort", "it gives others each time it is asked ("+strings.ToLower(w)+")", "write days as they are, and take everybody who fits")
	}
	for i, t := range c.Tables {
		field := fmt.Sprintf("tables[%d].", i)
		m, ok := c.mart(t.Mart)
		if !ok {
			c.say(field+"mart", "there is no mart of that name", "see ohc-marts list")
			continue
		}
		person := has(m, "person_id")
		if !person {
			c.say(field+"mart", "the mart has counts and no persons: the cohort and eligibility cannot be applied to it", "ask for counts with ohc-marts release")
		}
		if !prose(t.Why) {
			c.say(field+"why", "nobody has said why "+t.Mart+" is needed", "say it in a few words")
		}
		if t.Mart == "wearable_daily" && c.Purpose.Kind == "research" {
			c.say(field+"mart", "what people record themselves was promised to planning, not to research", "leave it out, unless there is a basis of its own")
		}
		if n := len(m.Columns) - 1; len(t.Columns) >= n && n > few && person {
			c.say(field+"columns", "all columns of the mart are asked for", "leave out those that the objective does not need")
		}
		c.dates(field, t, m)
		for j, col := range t.Columns {
			in := fmt.Sprintf("%scolumns[%d].", field, j)
			if !has(m, col.Name) {
				c.say(in+"name", t.Mart+" has no column "+col.Name, "see ohc-marts describe "+t.Mart)
			}
			if kind, _ := typeOf(m, col.Name); !col.From.IsZero() && kind != "DATE" && kind != "TIMESTAMP" {
				c.say(in+"from", t.Mart+"."+col.Name+" is no day", "leave it out")
			}
			if !prose(col.Why) {
				c.say(in+"why", "nobody has said why "+t.Mart+"."+col.Name+" is needed", "say it in a few words, or leave the column out")
			}
		}
	}
}

// moving are words of SQL that give another answer each time: by chance, by the
// moment, or by the order in which rows happen to be read.
var moving = regexp.MustCompile(`(?i)\b(random|ago|setseed|uuid|uuidv4|uuidv7|gen_random_uuid|now|today|current_date|current_time|current_timestamp|current_localtime|current_localtimestamp|localtime|localtimestamp` +
	`|get_current_time|get_current_timestamp|transaction_timestamp|txid_current|current_query_id|current_transaction_id|current_connection_id|stats|tablesample|using\s+sample|limit` +
	`|fetch\s+(first|next)|distinct\s+on|positional\s+join)\b|\b(age|first|last|any_value|arbitrary|reservoir_quantile)\s*\(|\brow_number\s*\(\s*\)\s*over\s*\(\s*\)`)

// few is of how many columns a mart is small: to ask for all of them is no excess.
const few = 3

// dates holds that a table whose rows have a day is cut to the period.
func (c *checker) dates(field string, t Table, m catalogue.Mart) {
	var days []string
	for _, col := range m.Columns {
		if col.Type == "DATE" || col.Type == "TIMESTAMP" {
			days = append(days, col.Name)
		}
	}
	switch {
	case t.Date == "" && len(days) > 0:
		c.say(field+"date", "rows of every day are asked for, beyond the period", "name the column that the period is about: "+strings.Join(days, " or "))
	case t.Date != "" && !slices.Contains(days, t.Date):
		c.say(field+"date", t.Mart+" has no column "+t.Date+" that is a day", "name one of its days, or leave it out where it has none")
	}
}

// Days says in plain words of each column of days by which the rows of its table are not
// taken which of them leave: others are emptied.
func (p Project) Days(marts []catalogue.Mart) (out []string) {
	for _, t := range p.Tables {
		i := slices.IndexFunc(marts, func(m catalogue.Mart) bool { return m.Name == t.Mart })
		if i < 0 {
			continue
		}
		for _, c := range t.Columns {
			if kind, _ := typeOf(marts[i], c.Name); kind != "DATE" && kind != "TIMESTAMP" || c.Name == t.Date {
				continue
			}
			from, which := p.first(c), "those of the period"
			if !c.From.IsZero() {
				which = "from a day of its own"
			}
			out = append(out, fmt.Sprintf("%s.%s: the rows are not taken by this day; it leaves from %s to before %s (%s), and is emptied otherwise", t.Mart, c.Name, from, p.Period.Until, which))
		}
	}
	return out
}

func has(m catalogue.Mart, name string) bool { _, ok := typeOf(m, name); return ok }

func typeOf(m catalogue.Mart, name string) (string, bool) {
	i := slices.IndexFunc(m.Columns, func(c catalogue.Column) bool { return c.Name == name })
	if i < 0 {
		return "", false
	}
	return m.Columns[i].Type, true
}

// finders are columns by which somebody could be found, in any mart: where they
// live, who they are, whose patient they are.
var finders = []string{"age_band", "age", "birth_year", "birth_month", "death_month", "sex", "ethnic_group", "ethnic_category", "lsoa", "msoa", "imd_decile", "practice", "pcn", "icb"}

// found holds that what could find somebody is declared, with a way out.
func found(c *checker) {
	for i, t := range c.Tables {
		for j, col := range t.Columns {
			if slices.Contains(finders, col.Name) && !c.quasi(t.Mart, col.Name) {
				c.say(fmt.Sprintf("tables[%d].columns[%d].name", i, j), t.Mart+"."+col.Name+" could find somebody, and is no quasi-identifier", "name it under anonymity.quasi_identifiers with its levels, or leave it out")
			}
		}
	}
	if len(c.Anonymity.Quasi) == 0 {
		c.say("anonymity.quasi_identifiers", "there is no quasi-identifier: nothing would be checked", "name the columns by which somebody could be found")
	}
	for i, q := range c.Anonymity.Quasi {
		mart, name, _ := strings.Cut(q.Column, ".")
		m, _ := c.mart(mart)
		kind, _ := typeOf(m, name)
		for j, word := range q.Levels {
			if why := unfit(word, kind); why != "" {
				c.say(fmt.Sprintf("anonymity.quasi_identifiers[%d].levels[%d]", i, j), why, "give levels that suit the column")
			}
		}
	}
	for i, t := range c.Tables {
		m, _ := c.mart(t.Mart)
		for j, col := range t.Columns {
			kind, _ := typeOf(m, col.Name)
			if why := unfit(col.Coarsen, kind); why != "" {
				c.say(fmt.Sprintf("tables[%d].columns[%d].coarsen", i, j), why, "give a level that suits the column")
			}
			c.days(fmt.Sprintf("tables[%d].columns[%d].coarsen", i, j), t.Mart, col, kind)
		}
	}
}

// days holds that no single days leave, moved or not: what lies between those of one
// person finds them again in another extract.
func (c *checker) days(field, mart string, col Column, kind string) {
	if kind != "DATE" && kind != "TIMESTAMP" || slices.Contains(coarseDays, c.finest(mart, col)) || c.known(mart, col.Name) {
		return
	}
	what := "exact days leave: who knows when somebody was in hospital finds their row"
	if c.Period.Shift > 0 {
		what = "days leave that are moved and no coarser: what lies between a person's days stays as it is, and joins them with another extract"
	}
	c.say(field, what, "coarsen to month, or name it a quasi-identifier that begins with such a level, or of which an attacker knows all-rows")
}

// coarseDays are the levels at which days leave that are no single ones.
var coarseDays = []string{"month", "quarter", "year", "all"}

// finest is the finest level at which a column may leave.
func (p Project) finest(mart string, col Column) string {
	for _, q := range p.Anonymity.Quasi {
		if q.Column == mart+"."+col.Name {
			return q.Levels[0]
		}
	}
	return col.Coarsen
}

// known reports whether nobody is found by all that a column says of them: as a
// quasi-identifier with all of a person's rows, or with the one that there is.
func (c *checker) known(mart, name string) bool {
	m, _ := c.mart(mart)
	return c.quasi(mart, name) && (c.Anonymity.Knows == "all-rows" || !Many(m))
}

func (c *checker) quasi(mart, name string) bool {
	return slices.ContainsFunc(c.Anonymity.Quasi, func(q quasi) bool { return q.Column == mart+"."+name })
}

// unfit says why a level does not go with a type; empty where it does, or the
// type is not known.
func unfit(word, kind string) string {
	switch {
	case kind == "":
		return ""
	case (word == "month" || word == "quarter" || word == "year") && kind != "DATE" && kind != "TIMESTAMP":
		return word + " is a level of days, the column is " + kind
	case strings.HasPrefix(word, "width-") && kind != "INTEGER" && kind != "BIGINT":
		return word + " is a level of whole numbers, the column is " + kind
	case (strings.HasSuffix(word, "-years") || word == "broad" || strings.HasPrefix(word, "prefix-")) && kind != "VARCHAR":
		return word + " is a level of text, the column is " + kind
	}
	return ""
}

// held holds the figures that an extract is held to.
func held(c *checker) {
	a := c.Anonymity
	if a.K < minimumK {
		c.say("anonymity.k", fmt.Sprintf("k is %d, below %d (no rule states a figure: it is ours)", a.K, minimumK), fmt.Sprintf("give %d or more, or have the agreement say why less will do", minimumK))
	}
	if len(a.Sensitive) == 0 {
		c.say("anonymity.sensitive", "no column is sensitive: what all who look alike have in common would be known of each", "name those that say something about health")
	}
	for _, q := range a.Quasi {
		mart, _, _ := strings.Cut(q.Column, ".")
		if m, ok := c.mart(mart); ok && Many(m) && a.Knows == "" {
			c.say("anonymity.knows", mart+" has many rows about a person: it is not said how many of them an attacker knows", "say one-row or all-rows")
			break
		}
	}
	c.twice()
	for i, t := range a.Tails {
		mart, name, _ := strings.Cut(t.Column, ".")
		m, _ := c.mart(mart)
		kind, ok := typeOf(m, name)
		if ok && kind != "INTEGER" && kind != "BIGINT" && kind != "DOUBLE" && !strings.HasPrefix(kind, "DECIMAL") {
			c.say(fmt.Sprintf("anonymity.tails[%d].column", i), "it is no number, and has no largest value", "leave it out")
		}
		for j, by := range t.By {
			if m, _, _ := strings.Cut(by, "."); m != mart {
				c.say(fmt.Sprintf("anonymity.tails[%d].by[%d]", i, j), "it is of another mart than the number", "name a column of "+mart)
			}
		}
	}
}

// Many reports whether a mart may have several rows about a person.
func Many(m catalogue.Mart) bool { return !slices.Equal(m.Grain, []string{"person_id"}) }

// twice holds that a column is made coarser in one way: the levels of a
// quasi-identifier, one level always, or cut tails. A quasi-identifier is known to
// whoever looks, so that it cannot be sensitive besides.
func (c *checker) twice() {
	tails := func(name string) bool {
		return slices.ContainsFunc(c.Anonymity.Tails, func(t tail) bool { return t.Column == name })
	}
	for i, t := range c.Tables {
		for j, col := range t.Columns {
			if name := t.Mart + "." + col.Name; col.Coarsen != "" && (c.quasi(t.Mart, col.Name) || tails(name)) {
				c.say(fmt.Sprintf("tables[%d].columns[%d].coarsen", i, j), name+" has levels or tails under anonymity, too", "leave coarsen out; the first level of a quasi-identifier is the finest at which it leaves")
			}
		}
	}
	for i, q := range c.Anonymity.Quasi {
		if tails(q.Column) || slices.ContainsFunc(c.Anonymity.Sensitive, func(s sensitive) bool { return s.Column == q.Column }) {
			c.say(fmt.Sprintf("anonymity.quasi_identifiers[%d].column", i), q.Column+" has tails or is sensitive, too: it can be one of them", "say which")
		}
	}
}
