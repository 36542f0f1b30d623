package population

import (
	"secondaryuse/testdata/population/internal/chance"
	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/fate"
	"secondaryuse/testdata/population/internal/text"
	"secondaryuse/testdata/population/internal/wrist"
)

// push appends a summary to the payload of a kind that this chunk's persons
// share. Payloads are closed when the chunk is done.
func (a *author) push(kind string, early bool, write func([]byte) []byte) (file string, line int) {
	pushed := a.today()
	if early {
		pushed -= 2
	}
	y, m, d := pushed.Civil()
	b := append([]byte("wearable/garmin/"+kind+"_"), text.Pad(text.Pad(text.Pad(nil, y, 4), m, 2), d, 2)...)
	file = string(text.Pad(append(b, "T060000Z_"...), a.nth%1000, 3)) + ".json"
	if a.nth >= 1000 {
		file = string(text.Int(append(b, "T060000Z_"...), a.nth)) + ".json"
	}
	line = a.line(file, func(b []byte) []byte {
		if len(b) == 0 {
			a.payloads = append(a.payloads, a.prefix+file)
			return write(append(append(append(b, `{"`...), kind...), "\":[\n"...))
		}
		return write(append(b, ",\n"...))
	})
	return file, line + 1
}

// closePayloads ends the payloads of the chunk.
func (a *author) closePayloads() {
	for _, file := range a.payloads {
		f := a.c.File(file)
		f.Text = append(f.Text, "\n]}\n"...)
	}
	a.payloads = a.payloads[:0]
}

func (a *author) garmin(c *account, days, told []wrist.Day, r *chance.Rand) {
	g := wrist.Garmin{Account: c.id, ID: a.person.Ordinal}
	for i := range days {
		a.garminDay(c, g, &days[i], r)
	}
	for i := range told {
		a.garminDay(c, g, &told[i], nil)
	}
	if len(days) == 0 {
		return
	}
	a.push("moveIQActivities", false, func(b []byte) []byte { return g.Move(b, &days[3]) })
	a.unusedReading("garmin", "move-iq")
	if r.Hit(0.1) {
		file, line := a.push("dailies", false, func(b []byte) []byte { return g.Bad(b, &days[20]) })
		a.badReading("garmin", file, line)
	}
}

// garminDay pushes the summaries of a day. r, which may be nil, says whether
// its totals were pushed before the day was over as well.
func (a *author) garminDay(c *account, g wrist.Garmin, d *wrist.Day, r *chance.Rand) {
	name := func(kind string, k byte) []byte {
		a.name = append(append(a.name[:0], kind...), '/')
		a.name = g.Key(a.name, k, d.On)
		return a.name
	}
	a.push("dailies", false, func(b []byte) []byte { return g.Daily(b, d, false) })
	end, who := a.reading(c, name("dailies", 'd'), allDay(d.On), "steps", false)
	if end.Outcome == fate.Kept {
		w := a.dayOf(who, d.On)
		w.steps, w.resting, w.active = d.Steps, d.Resting, d.Moderate+d.Vigorous
		for _, hour := range wrist.HeartHours {
			a.began(end, who, d.On, d.On.At(hour, 0, 0))
		}
	}
	if r != nil && r.Hit(0.03) && !a.living {
		a.push("dailies", true, func(b []byte) []byte { return g.Daily(b, d, true) })
		a.reading(c, name("dailies", 'd'), span{d.On.At(0, 0, 0), d.On.At(16, 0, 0)}, "steps", true)
	}
	a.push("sleeps", false, func(b []byte) []byte { return g.Sleep(b, d) })
	end, who = a.reading(c, name("sleeps", 's'), utc(d.Night.Begins, d.Night.Ends()), "sleep", false)
	a.began(end, who, d.On, wrist.Wall(d.Night.Begins))
	if end.Outcome == fate.Kept {
		a.dayOf(who, d.On).sleep = d.Night.Asleep()
	}
	if d.Grams > 0 {
		a.push("bodyComps", false, func(b []byte) []byte { return g.Body(b, d) })
		end, who = a.reading(c, name("bodyComps", 'b'), span{d.On.At(7, 10, 0), d.On.At(7, 10, 0)}, "weight", false)
		a.began(end, who, d.On, d.On.At(7, 10, 0))
	}
}

// fitbitAnswers writes a folder of answers of the API: of all days, or of those
// that were told since.
func (a *author) fitbitAnswers(c *account, days, told []wrist.Day) {
	dir, end := "wearable/fitbit/"+c.id+"/", ".json"
	if a.since != never {
		end = "-" + string(a.today().AppendDate(nil)) + end
	}
	var overlap []wrist.Day
	if !a.living {
		overlap = days[30:33]
	}
	days = append(days, told...)
	if len(days) == 0 {
		return
	}
	for _, s := range wrist.Series {
		a.answer(dir+s.Name+end, s.Name, days, func(b []byte, d *wrist.Day) []byte { return wrist.AppendSeries(b, d, s.Value(d)) })
		for i := range days {
			a.fitbitDay(c, s.Name, &days[i], s.Value(&days[i]), false)
		}
	}
	if len(overlap) > 0 {
		a.answer(dir+"activities-steps-2.json", "activities-steps", overlap, func(b []byte, d *wrist.Day) []byte { return wrist.AppendSeries(b, d, d.Steps) })
	}
	for i := range overlap {
		a.fitbitDay(c, "activities-steps", &overlap[i], overlap[i].Steps, true)
	}
	a.answer(dir+"activities-heart"+end, "activities-heart", days, wrist.AppendHeart)
	a.answer(dir+"sleep"+end, "sleep", days, func(b []byte, d *wrist.Day) []byte { return wrist.AppendNight(b, d, a.log(d)) })
	for i := range days {
		d := &days[i]
		if end, who := a.reading(c, d.On.AppendDate(append(a.name[:0], "activities-heart/"...)), allDay(d.On), "resting-heart-rate", false); end.Outcome == fate.Kept {
			a.dayOf(who, d.On).resting = d.Resting
		}
		a.fitbitNight(c, d)
	}
}

// log returns the id of the log of a night.
func (a *author) log(d *wrist.Day) int {
	return 40_000_000_000 + a.person.Ordinal*1000 + int(d.On)%1000
}

// answer writes a document with one collection.
func (a *author) answer(name, collection string, days []wrist.Day, write func([]byte, *wrist.Day) []byte) {
	a.line(name, func(b []byte) []byte {
		b = append(append(append(b, "{\n  \""...), collection...), "\": [\n"...)
		for i := range days {
			if i > 0 {
				b = append(b, ",\n"...)
			}
			b = write(append(b, "    "...), &days[i])
		}
		return append(b, "\n  ]\n}\n"...)
	})
}

// seriesMetric is what the entries of a day series are stored as.
var seriesMetric = map[string]string{
	"activities-steps": "steps", "activities-minutesFairlyActive": "active-minutes", "activities-minutesVeryActive": "active-minutes",
}

// fitbitDay takes down an entry of a day series.
func (a *author) fitbitDay(c *account, series string, d *wrist.Day, value int, again bool) {
	if series == "activities-minutesSedentary" {
		a.unusedReading("fitbit", "other-series")
		return
	}
	name := d.On.AppendDate(append(append(a.name[:0], series...), '/'))
	end, who := a.reading(c, name, allDay(d.On), seriesMetric[series], again)
	if end.Outcome != fate.Kept {
		return
	}
	if w := a.dayOf(who, d.On); series == "activities-steps" {
		w.steps = value
	} else {
		plus(&w.active, value)
	}
}

func (a *author) fitbitNight(c *account, d *wrist.Day) {
	name := text.Int(append(a.name[:0], "sleep/"...), a.log(d))
	end, who := a.reading(c, name, utc(d.Night.Begins, d.Night.Ends()), "sleep", false)
	a.began(end, who, d.On, wrist.Wall(d.Night.Begins))
	if end.Outcome == fate.Kept {
		a.dayOf(who, d.On).sleep = d.Night.Asleep()
	}
}

// fitbitExport adds a participant to the export that all of the chunk share.
func (a *author) fitbitExport(c *account, days, told []wrist.Day) {
	base := len(days)
	days = append(days, told...)
	file := func(set string) string {
		return "wearable/fitbit/export/Fitbit" + set + "_" + string(text.Pad(nil, a.nth, 6)) + ".json"
	}
	for i := range days {
		d := &days[i]
		modified := (d.On + 1).At(5, 0, 0)
		if d.Changed > 0 {
			modified = (a.asOf + clock.Day(d.Changed-1)).At(19, 0, 0)
		}
		a.line(file("DailyData"), func(b []byte) []byte { return wrist.AppendRow(b, c.id, d, modified) })
		end, who := a.reading(c, d.On.AppendDate(append(a.name[:0], "daily/"...)), allDay(d.On), "steps", false)
		if end.Outcome == fate.Kept {
			w := a.dayOf(who, d.On)
			w.steps, w.resting, w.active = d.Steps, d.Resting, d.Moderate+d.Vigorous
		}
		a.line(file("SleepLogs"), func(b []byte) []byte { return wrist.AppendRowNight(b, c.id, d, a.log(d)) })
		a.fitbitNight(c, d)
	}
	if base == 0 {
		return
	}
	a.line(file("Devices"), func(b []byte) []byte { return wrist.AppendDevice(b, c.id, &days[0]) })
	a.unusedReading("fitbit", "device")
	if a.person.Ordinal%16 == 2 {
		line := a.line(file("DailyData"), func(b []byte) []byte {
			b = append(append(append(b, `{"ParticipantIdentifier":"`...), c.id...), `","Date":"`...)
			return append(days[0].On.AppendDate(b), "T00:00:00\",\"Steps\":\"many\",\"Tracker\":{}}\n"...)
		})
		a.badReading("fitbit", file("DailyData"), line)
	}
}

// apple writes an export, one in three as the archive that the phone makes. An
// export holds everything there is, so what a wearable has told since is an
// export of its own.
func (a *author) apple(c *account, days []wrist.Day, r *chance.Rand) {
	p := &a.person
	x := wrist.Apple{Owner: p.Given + "’s"}
	var told []wrist.Day
	exported := (a.asOf - 1).At(20, 0, 0)
	if a.living {
		told = a.course.Worn.Days
	}
	for i := range told {
		exported = max(exported, (a.asOf+clock.Day(told[i].Changed-1)).At(20, 0, 0))
	}
	if len(days)+len(told) == 0 {
		return
	}
	b := x.Head(nil, exported, p.Birth)
	for i := range days {
		b = a.appleDay(x, c, b, &days[i], r)
	}
	if len(days) > 0 && r.Hit(0.1) {
		b = x.Bad(b, days[0].On.At(10, 0, 0).UTC())
		a.badReading("apple", "wearable/apple/"+c.id, 0)
	}
	for i := range told {
		b = a.appleDay(x, c, b, &told[i], r)
	}
	b = x.Tail(b)
	if p.Ordinal%3 == 0 {
		a.c.File(a.prefix + "wearable/apple/" + c.id + ".zip").Text = zipped(b)
		return
	}
	f := a.c.File(a.prefix + "wearable/apple/" + c.id + "/export.xml")
	f.Text = append(f.Text, b...)
}

// appleDay writes the records of a day.
func (a *author) appleDay(x wrist.Apple, c *account, b []byte, d *wrist.Day, r *chance.Rand) []byte {
	at := func(hour, minute int) int64 { return d.On.At(hour, minute, 0).UTC() }
	quantity := func(kind, unit string, worn bool, from, to int64, value int32, metric string) *wornDay {
		b = x.Quantity(b, kind, unit, worn, from, to, value)
		name := text.Int(append(append(append(a.name[:0], kind...), '/'), boolByte(worn), '/'), int(from))
		end, who := a.reading(c, name, utc(from, to), metric, false)
		if metric != "resting-heart-rate" { // that is the day's own
			a.began(end, who, d.On, wrist.Wall(from))
		}
		if end.Outcome == fate.Kept {
			return a.dayOf(who, d.On)
		}
		return nil
	}
	part := d.Steps / 5
	for i, hour := range []int{8, 10, 14, 16, 19} {
		if w := quantity("StepCount", "count", true, at(hour, 3), at(hour, 41), int32(100*part), "steps"); w != nil {
			plus(&w.steps, part)
		}
		if i%2 == 0 {
			if w := quantity("StepCount", "count", false, at(hour, 4), at(hour, 30), int32(100*(part/2)), "steps"); w != nil {
				plus(&w.phone, part/2)
			}
		}
	}
	if w := quantity("RestingHeartRate", "count/min", true, at(0, 5), at(23, 50), int32(100*d.Resting), "resting-heart-rate"); w != nil {
		w.resting = d.Resting
	}
	quantity("HeartRate", "count/min", true, at(15, 20), at(15, 20), int32(100*(d.Resting+20)), "heart-rate")
	if d.Grams > 0 {
		value, unit := int32(d.Grams/10), "kg"
		if r.Hit(0.2) { // the owner weighs in pounds
			value, unit = int32(int64(d.Grams)*22046/100_000), "lb"
		}
		quantity("BodyMass", unit, false, at(7, 10), at(7, 10), value, "weight")
		b = x.Workout(b, at(9, 0))
		end, who := a.reading(c, d.On.AppendDate(append(a.name[:0], "Workout/"...)), span{d.On.At(9, 0, 0), d.On.At(9, 30, 0)}, "active-minutes", false)
		a.began(end, who, d.On, d.On.At(9, 0, 0))
		b = x.Quantity(b, "DietaryWater", "mL", false, at(12, 0), at(12, 0), 25_000)
		a.unusedReading("apple", "dietary")
	}
	b = a.appleNight(x, c, b, d)
	b = x.Summary(b, d)
	if end, who := a.reading(c, d.On.AppendDate(append(a.name[:0], "ActivitySummary/"...)), allDay(d.On), "energy-active", false); end.Outcome == fate.Kept {
		a.dayOf(who, d.On).active = d.Moderate + d.Vigorous
	}
	return b
}

func boolByte(v bool) byte {
	if v {
		return '1'
	}
	return '0'
}

// appleNight writes the pieces of a night, and one that says no more than
// that somebody lay in bed.
func (a *author) appleNight(x wrist.Apple, c *account, b []byte, d *wrist.Day) []byte {
	from := d.Night.Begins
	b = x.Sleep(b, "InBed", from-600, d.Night.Ends()+300)
	a.unusedReading("apple", "in-bed")
	for _, stage := range d.Night.Stages() {
		to := from + int64(60*stage.Minutes)
		b = x.Sleep(b, stage.Name, from, to)
		name := text.Int(append(append(append(a.name[:0], "Sleep/"...), stage.Name...), '/'), int(from))
		metric := "sleep"
		if stage.Name == "Awake" {
			metric = "awake"
		}
		end, who := a.reading(c, name, utc(from, to), metric, false)
		a.began(end, who, d.On, wrist.Wall(from))
		if end.Outcome == fate.Kept && metric == "sleep" {
			plus(&a.dayOf(who, d.On).sleep, stage.Minutes)
		}
		from = to
	}
	return b
}
