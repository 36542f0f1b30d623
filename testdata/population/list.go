package population

import (
	"bytes"
	"fmt"
	"os"

	"secondaryuse/testdata/population/internal/area"
	"secondaryuse/testdata/population/internal/chance"
	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/course"
	"secondaryuse/testdata/population/internal/figure"
	"secondaryuse/testdata/population/internal/folder"
	"secondaryuse/testdata/population/internal/life"
	"secondaryuse/testdata/population/internal/number"
	"secondaryuse/testdata/population/internal/person"
	"secondaryuse/testdata/population/internal/text"
)

// The lists that the gates stand on. Those that end in .rows have no header
// yet; finish writes it when their rows have been counted.
const (
	sentFile       = "lists/optout-request.dat"
	replyFile      = "lists/optout.dat"
	controlFile    = "lists/optout.ctl"
	objectionRows  = "lists/objections.rows"
	connectionRows = "lists/connections.rows"
	objectionFile  = "lists/objections.csv"
	connectionFile = "lists/connections.csv"
	agreementFile  = "lists/agreements.csv"
)

// lists writes a person's lines of the lists. first is the person on day 0.
func (a *author) lists(p, first *person.Person) {
	a.line(sentFile, func(b []byte) []byte { return append(number.Append(b, p.Number), ",\n"...) })
	if !p.OptedOut {
		a.line(replyFile, func(b []byte) []byte { return append(number.Append(b, p.Number), ",\n"...) })
	}
	r := chance.Of(a.plan.Seed, uint64(p.Ordinal), 6)
	a.objection(p, &r, "shared-record", first.Local)
	a.objection(p, &r, "type-1", first.Type1)
	if a.living {
		for _, said := range a.course.Said {
			a.said(p, said)
		}
	}
	a.connections()
}

// said writes what a person has said of the shared record since day 0.
func (a *author) said(p *person.Person, said course.Said) {
	a.line(objectionRows, func(b []byte) []byte {
		b = append(number.Append(b, p.Number), ",shared-record,"...)
		if said.Objected {
			b = append(b, "objected,"...)
		} else {
			b = append(b, "withdrawn,"...)
		}
		return append(said.On.AppendDate(b), '\n')
	})
}

// silent is how many persons the lists know of whom no feed tells. They keep
// the lists of a small population from being empty.
const silent = 50

// strangers begins the lists with the persons of whom no feed tells.
func (s *site) strangers(c *folder.Chunk, prefix string) {
	sent, reply := c.File(prefix+sentFile), c.File(prefix+replyFile)
	for i := range silent {
		sent.Text = append(number.Append(sent.Text, s.persons.Foreign(i)), ",\n"...)
		reply.Text = append(number.Append(reply.Text, s.persons.Foreign(i)), ",\n"...)
	}
	objections, connections := c.File(prefix+objectionRows), c.File(prefix+connectionRows)
	objections.Text = number.Append(objections.Text, s.persons.Foreign(0))
	objections.Text = append((s.asOf - 100).AppendDate(append(objections.Text, ",shared-record,objected,"...)), '\n')
	connections.Text = number.Append(connections.Text, s.persons.Foreign(1))
	connections.Text = append((s.asOf-100).At(12, 0, 0).AppendUTC(append(connections.Text, ",phr,,"...)), ",,*,\n"...)
}

// objection writes what a person has said, and that they took it back.
func (a *author) objection(p *person.Person, r *chance.Rand, kind string, said person.Said) {
	if said == person.Nothing {
		return
	}
	on := a.asOf - clock.Day(r.Between(40, 2000))
	row := func(status string, on clock.Day) {
		a.line(objectionRows, func(b []byte) []byte {
			b = append(append(append(number.Append(b, p.Number), ','), kind...), ',')
			return append(on.AppendDate(append(append(b, status...), ',')), '\n')
		})
	}
	row("objected", on)
	if said == person.Withdrawn {
		row("withdrawn", on+clock.Day(r.Between(1, 39)))
	}
}

// issued is when every list of a day was issued.
func (s *site) issued(day int) clock.Wall { return (s.asOf + clock.Day(day-1)).At(6, 0, 0) }

// headed writes a list with its header from its rows.
func (s *site) headed(at place, file, rows, name, polarity, columns string) error {
	file, rows = at.prefix+file, at.prefix+rows
	from, err := s.folder.Path(rows)
	if err != nil {
		return err
	}
	body, err := os.ReadFile(from)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	os.Remove(from) // it may not exist
	return s.list(at, file, name, polarity, columns, body)
}

// list writes a list file.
func (s *site) list(at place, file, name, polarity, columns string, body []byte) error {
	head := fmt.Sprintf("#list name=%s version=1 record=one-health-and-care polarity=%s issued=%sZ rows=%d\n%s\n",
		name, polarity, s.issued(at.day).AppendLocal(nil), bytes.Count(body, []byte("\n")), columns)
	return s.append(file, append([]byte(head), body...))
}

// spell is from when until when an agreement is in force; to is 0 while it is.
type spell struct{ from, to clock.Day }

// agreements lists who has an agreement on a day. One organisation's is for one
// feed only.
func (s *site) agreements(day int) []byte {
	var b []byte
	row := func(code, feed string, kind area.Agreement, o life.Org) {
		for _, in := range s.spells(kind, o, day) {
			b = append(append(append(append(b, code...), ','), feed...), ',')
			b = append(in.from.AppendDate(b), ',')
			if in.to != 0 {
				b = in.to.AppendDate(b)
			}
			b = append(b, '\n')
		}
	}
	for i := range s.area.Practices {
		row(s.area.Practices[i].Code, "*", s.area.Practices[i].Agreement, life.Practice(i))
	}
	for i := range s.area.Trusts {
		t := &s.area.Trusts[i]
		feed := "ohc"
		if t.Tables {
			feed = "hospital"
		}
		row(t.Code, feed, t.Agreement, life.Trust(i))
	}
	for i := range figure.ICBs {
		row(figure.ICBs[i].Code, "*", area.Signed, life.Trust(len(s.area.Trusts)))
	}
	return b
}

// spells returns when an organisation had an agreement, as it is known on a
// day.
func (s *site) spells(kind area.Agreement, o life.Org, day int) (list []spell) {
	switch kind {
	case area.Signed:
		list = append(list, spell{clock.Date(1990, 1, 1), 0})
	case area.Expired:
		list = append(list, spell{clock.Date(1990, 1, 1), s.expired()})
	}
	for _, a := range s.agreed {
		switch on := s.asOf + clock.Day(a.Day); {
		case a.Org != o || a.Day > day:
		case a.Begins:
			list = append(list, spell{on, 0})
		case len(list) > 0:
			list[len(list)-1].to = on
		}
	}
	return list
}

// control is the file that comes with the reply of the opt-out service.
func (s *site) control(day int) []byte {
	var stamp []byte
	for _, c := range s.issued(day).AppendLocal(nil) {
		if c >= '0' && c <= '9' {
			stamp = append(stamp, c)
		}
	}
	return fmt.Appendf(nil, `<?xml version="1.0" encoding="UTF-8"?>
<DTSControl>
  <Version>1.0</Version>
  <AddressType>DTS</AddressType>
  <MessageType>Data</MessageType>
  <From_DTS>X26HC065</From_DTS>
  <To_DTS>0OHC0001</To_DTS>
  <Subject>SUCCESS</Subject>
  <LocalId>ohc-synthetic-0001</LocalId>
  <DTSId>20260101000000000000_000001</DTSId>
  <Compress>N</Compress>
  <Encrypted>N</Encrypted>
  <WorkflowId>SPINE_NTT_UPHOLDING</WorkflowId>
  <StatusRecord>
    <DateTime>%s</DateTime>
    <Event>TRANSFER</Event>
    <Status>SUCCESS</Status>
    <StatusCode>00</StatusCode>
    <Description>Transferred to recipient mailbox</Description>
  </StatusRecord>
</DTSControl>
`, stamp)
}

// places is the look-up from postcode to area.
func (s *site) places() []byte {
	b := []byte("postcode,lsoa_code,imd_decile,lsoa_version,imd_version\n")
	for i := range s.area.Areas {
		for k := range area.Postcodes {
			b = append(s.area.AppendPostcode(b, i, k), ',')
			b = append(append(b, s.area.Areas[i].LSOA...), ',')
			b = append(text.Int(b, s.area.Areas[i].Decile), ",2021,2025\n"...)
		}
	}
	return b
}

// practices is which network and board a practice belongs to, and since when.
func (s *site) practices() []byte {
	b := []byte("practice,name,pcn,pcn_name,icb,valid_from,valid_to\n")
	row := func(p *area.Practice, pcn int, from, to string) {
		code, name := area.PCN(pcn)
		b = fmt.Appendf(b, "%s,%s,%s,%s,%s,%s,%s\n", p.Code, p.Name, code, name, figure.ICBs[p.Board].Code, from, to)
	}
	y, m, _ := s.asOf.Months(-18).Civil()
	moved := string(clock.Date(y, m, 1).AppendDate(nil))
	for i := range s.area.Practices {
		p := &s.area.Practices[i]
		if p.Was < 0 {
			row(p, p.PCN, "2019-11-25", "")
			continue
		}
		row(p, p.Was, "2019-11-25", moved)
		row(p, p.PCN, moved, "")
	}
	return b
}
