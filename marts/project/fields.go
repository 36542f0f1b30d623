package project

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"filippo.io/age"

	"secondaryuse/marts/extract/anonymity"
)

// line reports whether a text is one line that can stand in a manifest.
func line(s string) bool {
	return strings.TrimSpace(s) != "" && len(s) <= 300 && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}

// prose reports whether a text says something: it has ten letters and fits on a page.
func prose(s string) bool {
	n := 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			n++
		}
	}
	return n >= 10 && len(s) <= 4000
}

// The words of the closed lists. What a project says of its territory and its
// approvals is an agreement's to allow: the lists only see to it that two files
// say the same in the same word.
var (
	territories = []string{"england", "england-and-wales", "united-kingdom", "european-economic-area", "worldwide"}
	approvals   = []string{"ethics", "confidentiality", "impact-assessment", "access-committee", "other"}
	formats     = []string{"parquet", "csv"}
	known       = []string{"one-row", "all-rows"}
)

var (
	reference = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9./-]{2,60}$`)
	article6  = regexp.MustCompile(`^6\(1\)\([acde]\)$`)   // a public body has no legitimate interest, and sells no contract
	article9  = regexp.MustCompile(`^9\(2\)\([acghij]\)$`) // those that can be met by secondary use of health data
	column    = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)    // of a mart; so a mart is called, too
	qualified = regexp.MustCompile(`^([a-z][a-z0-9_]*)\.([a-z][a-z0-9_]*)$`)
)

// check adds everything that is wrong with a file, whatever day it is and
// whichever marts there are.
func (p *Project) check(f *faults) {
	p.checkWords(f)
	p.checkPeople(f)
	p.checkBasis(f)
	p.checkSelling(f)
	p.checkTables(f)
	p.checkLinkage(f)
	p.checkAnonymity(f)
	p.checkDates(f)
}

// say adds a fault where ok does not hold.
func (f *faults) say(ok bool, field, reason, next string) {
	if !ok {
		f.add(field, reason, next)
	}
}

func (p *Project) checkWords(f *faults) {
	const short = "missing, or no single line of at most 300 characters"
	f.say(reference.MatchString(p.Reference), "reference", "missing, or no reference", "give the reference of the agreement, such as DARS-NIC-123456-A1B2C")
	f.say(line(p.Title), "title", short, "say in one line what the project is")
	f.say(oneOf(p.Territory, territories), "territory", "no territory that there is", "give "+wanted(territories))
	f.say(line(p.Onward), "onward_sharing", short, "say none, or with whom and under what agreement")
	f.say(line(p.Retention.Destruction), "retention.destruction", short, "say how the recipients show that all copies are destroyed, backups included")
	notice, err := url.Parse(p.Notice)
	f.say(err == nil && notice.Scheme == "https" && notice.Host != "", "transparency_notice", "missing, or no https address", "give the address of the public notice about this use")
	f.say(len(p.Outputs) > 0, "outputs", "missing or empty", "say what comes of it: a paper, a dashboard of aggregates")
	f.each("outputs", p.Outputs, line, short, "say each in one line")
	f.each("conditions", p.Conditions, line, short, "say each in one line")
	f.say(len(p.Formats) > 0, "formats", "missing or empty", "give "+wanted(formats))
	f.each("formats", p.Formats, func(s string) bool { return oneOf(s, formats) }, "no format that there is", "give "+wanted(formats))
	f.once("formats", p.Formats)
	f.say(p.Generation == 0 || p.Generation >= 2 && p.Generation <= 99, "generation", "not from 2 to 99", "leave it out for the first numbers of persons; count on for others, and make their key with ohc-pipeline keys create "+p.Domain())
}

func (f *faults) each(field string, list []string, ok func(string) bool, reason, next string) {
	for i, s := range list {
		f.say(ok(s), fmt.Sprintf("%s[%d]", field, i), reason, next)
	}
}

// once adds a fault for what stands in a list twice.
func (f *faults) once(field string, list []string) {
	for i, s := range list {
		f.say(!slices.Contains(list[:i], s), fmt.Sprintf("%s[%d]", field, i), "stands twice", "leave one of the two out")
	}
}

func (p *Project) checkPeople(f *faults) {
	f.say(line(p.Applicant), "applicant", "missing, or no single line", "name who asks, as people.yaml does; that person approves nothing of it")
	f.say(len(p.Controllers) > 0, "controllers", "missing or empty", "name who decides what the data are used for")
	for i, o := range p.Controllers {
		field := fmt.Sprintf("controllers[%d].", i)
		f.say(o.Type == "sole" || o.Type == "joint", field+"type", "neither sole nor joint", "say whether it decides alone")
		o.check(field, f)
	}
	for i, o := range p.Processors {
		field := fmt.Sprintf("processors[%d].", i)
		f.say(o.Type == "", field+"type", "a processor has none", "leave it out")
		o.check(field, f)
	}
	f.say(len(p.Recipients) > 0, "recipients", "missing or empty", "name who gets the extract, with their age public keys")
	for i, r := range p.Recipients {
		r.check(fmt.Sprintf("recipients[%d].", i), f)
	}
}

func (o organisation) check(field string, f *faults) {
	f.say(line(o.Name), field+"name", "missing, or no single line", "name the organisation")
	f.say(line(o.Registration), field+"registration", "missing, or no single line", "give its registration with the Information Commissioner")
	f.say(line(o.Security), field+"security", "missing, or no single line", "give its security assurance (DSPT, ISO 27001) and of when it is")
}

func (r recipient) check(field string, f *faults) {
	f.say(line(r.Name), field+"name", "missing, or no single line", "name the recipient")
	f.say(line(r.Organisation), field+"organisation", "missing, or no single line", "name the controller or processor that the recipient belongs to")
	f.each(field+"keys", r.Keys, isKey, "no age public key", "give the line that begins with age1 from age-keygen, of 62 letters and figures: not a key of SSH, of a plugin or a post-quantum one; never the line that begins with AGE-SECRET-KEY")
}

// isKey reports whether something can be encrypted to a key: there are some for which
// everybody has the other half.
func isKey(s string) bool {
	r, err := age.ParseX25519Recipient(s)
	if err == nil {
		_, err = r.Wrap(make([]byte, 16))
	}
	return err == nil
}

func (p *Project) checkBasis(f *faults) {
	f.say(line(p.LegalBasis.Gateway), "legal_basis.gateway", "missing, or no single line", "give the power to disclose, such as HSCA 2012 s261(2)(b)(ii)")
	f.say(article6.MatchString(p.LegalBasis.Article6), "legal_basis.article_6", "no basis that secondary use can have", "give 6(1)(a), 6(1)(c), 6(1)(d) or 6(1)(e)")
	f.say(article9.MatchString(p.LegalBasis.Article9), "legal_basis.article_9", "no condition that secondary use can meet", "give 9(2)(a), (c), (g), (h), (i) or (j), written like 9(2)(j)")
	f.say(line(p.LegalBasis.Confidentiality), "legal_basis.confidentiality", "missing, or no single line", "say how the duty of confidentiality is met: consent, s251 with its reference, or anonymised in context")
	for i, a := range p.Approvals {
		field := fmt.Sprintf("approvals[%d].", i)
		f.say(oneOf(a.Kind, approvals), field+"kind", "no kind that there is", "give "+wanted(approvals))
		f.say(line(a.Reference), field+"reference", "missing, or no single line", "give the reference of the approval")
		f.say(a.From.Before(a.Until.Time), field+"until", "missing, or not after from", "give the days as the approval has them; none is for ever")
	}
	o := p.OptOuts
	f.say(o.National.Rule == "applies" || o.National.Rule == "exempt", "opt_outs.national.rule", "neither applies nor exempt", "say applies, unless the register of purposes has an exemption")
	f.say(o.Local.Rule == "applies", "opt_outs.local.rule", "missing, or switched off: no rule allows that", "say applies")
	f.say(o.Type1.Rule == "applies", "opt_outs.type_1.rule", "missing, or switched off: no rule allows that", "say applies")
	for field, why := range map[string]string{"national": o.National.Why, "local": o.Local.Why, "type_1": o.Type1.Why} {
		f.say(line(why), "opt_outs."+field+".why", "missing, or no single line", "say why it applies, or under which exemption it does not")
	}
}

// checkSelling refuses what the service promises never to do.
func (p *Project) checkSelling(f *faults) {
	const next = "the data are never used to sell: there is no such project; say it in other words if it is not one"
	f.say(oneOf(p.Purpose.Kind, kinds), "purpose.kind", "no purpose that data may be used for", "give "+wanted(kinds))
	f.say(p.Purpose.Commercial == "none", "purpose.commercial", "not none", next)
	f.say(named.MatchString(p.Purpose.Marts), "purpose.marts", "no purpose of a register", "name the purpose that the marts are made for: planning or research")
	texts := map[string]string{"title": p.Title, "purpose.objective": p.Purpose.Objective, "purpose.processing": p.Purpose.Processing, "purpose.benefits": p.Purpose.Benefits, "onward_sharing": p.Onward}
	for _, field := range []string{"purpose.objective", "purpose.processing", "purpose.benefits"} {
		f.say(prose(texts[field]), field, "missing, or says nothing", "say it in a sentence or more, within 4000 characters")
	}
	for field, text := range map[string]string{"legal_basis.gateway": p.LegalBasis.Gateway, "legal_basis.confidentiality": p.LegalBasis.Confidentiality, "retention.destruction": p.Retention.Destruction,
		"opt_outs.national.why": p.OptOuts.National.Why, "opt_outs.local.why": p.OptOuts.Local.Why, "opt_outs.type_1.why": p.OptOuts.Type1.Why} {
		texts[field] = text
	}
	for i, s := range p.Outputs {
		texts[fmt.Sprintf("outputs[%d]", i)] = s
	}
	for i, s := range p.Conditions {
		texts[fmt.Sprintf("conditions[%d]", i)] = s
	}
	if p.Linkage != nil {
		texts["linkage.study"], texts["linkage.why"] = p.Linkage.Study, p.Linkage.Why
	}
	for i, t := range p.Tables {
		texts[fmt.Sprintf("tables[%d].why", i)] = t.Why
		for j, c := range t.Columns {
			texts[fmt.Sprintf("tables[%d].columns[%d].why", i, j)] = c.Why
		}
	}
	for field, text := range texts {
		if w := sold(text); w != "" {
			f.add(field, fmt.Sprintf("it speaks of a use that is refused (%q)", w), next)
		}
		f.say(!hidden(text), field, "a sign that is not shown, or that hides others", "take it out")
		f.say(!foreign(text), field, "letters of another script, which can hide a word", "write it in Latin letters")
	}
}

func (p *Project) checkTables(f *faults) {
	f.say(!hidden(p.Cohort), "cohort", "a sign that is not shown, or that hides others", "take it out")
	f.say(p.Cohort != "", "cohort", "missing or empty", "give one SELECT of person_id over the marts: who is in it")
	f.say(len(p.Tables) > 0, "tables", "missing or empty", "name the marts and the columns that are needed")
	for i, t := range p.Tables {
		field := fmt.Sprintf("tables[%d].", i)
		f.say(column.MatchString(t.Mart), field+"mart", "no name of a mart", "name it as ohc-marts list does")
		f.say(!slices.ContainsFunc(p.Tables[:i], func(b Table) bool { return b.Mart == t.Mart }), field+"mart", "the mart stands twice", "name its columns in one place")
		f.say(t.Date == "" || column.MatchString(t.Date), field+"date", "no name of a column", "name the column that the period is about, or leave it out")
		f.say(len(t.Columns) > 0, field+"columns", "missing or empty: a whole mart cannot be had", "name each column that is needed")
		for j, c := range t.Columns {
			in := fmt.Sprintf("%scolumns[%d].", field, j)
			f.say(column.MatchString(c.Name), in+"name", "no name of a column", "name each column as ohc-marts describe does; * is none")
			f.say(c.Name != "person_id", in+"name", "the person is in every table, under the project's own key", "leave person_id out")
			f.say(!slices.ContainsFunc(t.Columns[:j], func(b Column) bool { return b.Name == c.Name }), in+"name", "the column stands twice", "leave one of the two out")
			f.level(in+"coarsen", c.Coarsen, p)
			f.say(c.From.IsZero() || c.Name != t.Date, in+"from", "the rows are taken by this column, from the period's first day", "change the period, or leave it out")
			f.say(c.From.IsZero() || c.From.Before(p.Period.Until.Time), in+"from", "not before the end of the period", "give the first day that is needed, or leave it out")
		}
	}
}

// level checks a word that may be empty.
func (f *faults) level(field, word string, p *Project) {
	if file, ok := anonymity.File(word); word == "" || ok && p.lookups[file] == nil { // look has said so
		return
	}
	if _, err := anonymity.Named(word, p.Lookup); err != nil {
		f.add(field, err.Error(), "give one of them")
	}
}

func (p *Project) checkAnonymity(f *faults) {
	a := p.Anonymity
	f.say(a.K >= 2 && a.K <= 100000, "anonymity.k", "not from 2 to 100000", "give at least 10, which is ours, unless the agreement says another")
	f.say(a.Suppression >= 0 && a.Suppression <= 0.1, "anonymity.suppression", "not from 0 to 0.1", "give the largest share of persons of whom values may be emptied; coarsen where more would be")
	f.say(a.Knows == "" || oneOf(a.Knows, known), "anonymity.knows", "no word that there is", "give "+wanted(known))
	for i, q := range a.Quasi {
		field := fmt.Sprintf("anonymity.quasi_identifiers[%d].", i)
		f.named(field+"column", q.Column, p)
		f.say(!slices.ContainsFunc(a.Quasi[:i], func(b quasi) bool { return b.Column == q.Column }), field+"column", "the column stands twice", "give its levels in one place")
		f.say(len(q.Levels) > 0, field+"levels", "missing or empty", "give its levels, from the finest to the coarsest: "+anonymity.Words)
		for j, word := range q.Levels {
			in := fmt.Sprintf("%slevels[%d]", field, j)
			f.say(word != "", in, "empty", "give one of "+anonymity.Words)
			f.level(in, word, p)
		}
		f.once(field+"levels", q.Levels)
		f.say(ordered(q.Levels), field+"levels", "not from the finest to the coarsest", "give them in that order: of the first that do, the finest is taken")
	}
	for i, s := range a.Sensitive {
		field := fmt.Sprintf("anonymity.sensitive[%d].", i)
		f.named(field+"column", s.Column, p)
		f.say(s.L >= 2 && s.L <= a.K, field+"l", "not from 2 to k", "give at least 2, which is ours")
		f.say(!slices.ContainsFunc(a.Sensitive[:i], func(b sensitive) bool { return b.Column == s.Column }), field+"column", "the column stands twice", "give its l in one place")
	}
	for i, t := range a.Tails {
		field := fmt.Sprintf("anonymity.tails[%d].", i)
		f.named(field+"column", t.Column, p)
		for j, by := range t.By {
			f.named(fmt.Sprintf("%sby[%d]", field, j), by, p)
		}
	}
}

// named holds that a column is written mart.column and is one of those that leave.
func (f *faults) named(field, name string, p *Project) {
	m := qualified.FindStringSubmatch(name)
	if m == nil {
		f.add(field, "not written mart.column", "write it so, such as population.age_band")
		return
	}
	for _, t := range p.Tables {
		if t.Mart == m[1] && slices.ContainsFunc(t.Columns, func(c Column) bool { return c.Name == m[2] }) {
			return
		}
	}
	f.add(field, "a column that the project does not ask for", "name it under tables, or leave it out here")
}

func (p *Project) checkDates(f *faults) {
	f.say(!p.Issued.IsZero(), "issued", "missing", "give the day of the agreement")
	f.say(!p.Start.IsZero() && !p.Start.Before(p.Issued.Time), "start", "missing, or before it was issued: no use is allowed afterwards", "give the first day of use, on or after the day it was issued")
	f.say(!p.Start.After(p.Issued.AddDate(1, 0, 0)), "start", "more than 12 months after it was issued", "have it issued anew, or begin within 12 months")
	f.say(p.Start.Before(p.End.Time), "end", "missing, or not after the start", "give the first day on which the data may not be used any more")
	f.say(!p.Retention.Until.IsZero() && !p.Retention.Until.Before(p.Start.Time), "retention.until", "missing, or before the start", "give the day by which all copies are destroyed")
	f.say(!p.Period.From.IsZero() && p.Period.From.Before(p.Period.Until.Time), "period.until", "missing, or not after from", "give the first day of the rows, and the first day after them")
	f.say(p.Period.Shift >= 0 && p.Period.Shift <= 365, "period.shift_days", "not from 0 to 365", "give by how many days each person's dates may move, or 0")
}
